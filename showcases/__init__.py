"""What the page shows of itself: the showcases' pictures and kept answers, and its screenshots."""
