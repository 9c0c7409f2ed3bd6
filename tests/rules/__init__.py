"""One pair of cases per rule of QUALITY: what just breaks it, and what on the edge does not."""
