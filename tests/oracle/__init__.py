"""An independent calculation of every figure in plain Python, written from the definitions alone.

It shares no code and no SQL with the project: it reads the agencies' files itself.
"""
