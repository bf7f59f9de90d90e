"""Answers the questions of tests/interop/support: words on a line of standard input name a function of `answers` and
its arguments. It reads .in and writes .out in the current folder; what is printed is "ok" or what went wrong."""
import sys


def serve(answers):
    for line in sys.stdin:
        name, *words = line.split()
        try:
            with open(".in") as given, open(".out", "w") as made:
                for result in answers[name](given.read().splitlines(), *words) or ():
                    print(result, file=made)
            print("ok", flush=True)
        except Exception as problem:
            print(type(problem).__name__, str(problem).replace("\n", " "), flush=True)
