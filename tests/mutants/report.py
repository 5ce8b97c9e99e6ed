"""What the tests noticed, from mutmut's files in the working directory; exit status 1 if it was too little."""

import sys

from mutmut.__main__ import get_diff_for_mutant, walk_mutatable_files
from mutmut.mutation.data import SourceFileMutationData
from mutmut.stats import status_by_exit_code

AT_LEAST = 0.9
UNNOTICED = ("survived", "no tests", "not checked", "check was interrupted by user")


def main() -> int:
    enough = True
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        states = {name: status_by_exit_code[code] for name, code in data.exit_code_by_key.items()}
        unnoticed = [name for name, state in states.items() if state in UNNOTICED]
        if not states:
            continue
        share = 1 - len(unnoticed) / len(states)
        enough = enough and share >= AT_LEAST
        print(f"\n{path}: {share:.1%} of {len(states)} noticed")
        for name in unnoticed:
            print(f"{name.removeprefix('actors.runtime.')}: {states[name]}")
            for line in get_diff_for_mutant(name, path=path).splitlines():
                if line[:1] in "+-" and line[:3] not in ("+++", "---"):
                    print(f"  {line}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
