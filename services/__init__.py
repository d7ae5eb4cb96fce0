"""Import root of Souffleur, real-time agent assist for contact centres."""
