"""Caffe's prototxt: layers that name the blobs they read and write."""
