"""Everything the program can be asked to do, one function each: the waist between hands above and tools below.

Each takes the App and plain values and returns a frozen result; command line, desk and scheduler only show it.
"""
