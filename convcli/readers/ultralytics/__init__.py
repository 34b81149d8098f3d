"""Model files of the YOLO family: rows `[from, repeats, module, args]`, at several scales."""
