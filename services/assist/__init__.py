"""Assist: reads each turn and whispers what the adviser could do next."""
