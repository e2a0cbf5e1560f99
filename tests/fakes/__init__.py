"""Servers of channels: real protocols where a library has them, strict stateful fakes written from the documents where not."""
