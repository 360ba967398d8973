"""imctune: find the one in-memory-computing chip that runs many neural networks best."""
