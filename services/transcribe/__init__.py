"""From audio to turns: voice activity, endpointing and recognition, one journal event a turn."""
