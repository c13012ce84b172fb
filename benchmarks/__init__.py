"""What this project costs in time and memory, against the model card's code as written."""
