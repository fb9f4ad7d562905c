"""The workshop: builds the image and is never in it."""
