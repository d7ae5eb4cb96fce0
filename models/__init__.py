"""Models as products: where their weights come from, how they are made, and how good they are."""
