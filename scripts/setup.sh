# Sourced by run, test, check and service: a virtual environment in .venv with the pinned packages, made once.
# Every file that is installed has the hash that stands in requirements/ (scripts/lock writes them).
# setup EXTRAS: e.g. "tts" or "tts,test,check"; "pool" adds Ray.

setup() {
    local extras=$1 root stamp python packages=run
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    cd "$root" || return 1
    case ",$extras," in *,test,* | *,check,*) packages=dev ;; esac
    stamp=.venv/.installed-$(cat pyproject.toml requirements/*.txt | sha256sum | cut -c1-16)-${extras//,/-}
    [ -e "$stamp" ] && return 0
    python=$(find_python) || return 1
    if [ ! -x .venv/bin/python ]; then
        echo "Setting up: a virtual environment in $root/.venv"
        if ! "$python" -m venv .venv; then
            echo "It could not be made. On Debian, Ubuntu and Raspberry Pi OS: sudo apt install python3-venv" >&2
            return 1
        fi
    fi
    echo "Setting up: installing the pinned packages (some 150 MB, once)"
    # The build backend first: what is built here (Thespian, which like WSDiscovery has no wheel, and this project) is built by that one.
    if ! { install_hashed build && install_hashed "$packages" && install_pool "$extras" && install_this; }; then
        echo "The packages could not be installed. Is there a network? Run this again when there is." >&2
        return 1
    fi
    touch "$stamp"
}

# Generators of clients, in an environment of their own: their pins are not ours. Without them their tests say so.
setup_generators() {
    local list=requirements/generators.txt stamp
    stamp=.venv/generators/.installed-$(sha256sum <"$list" | cut -c1-16)
    [ -e "$stamp" ] && return 0
    echo "Setting up: generators of clients in .venv/generators (some 60 MB, once)"
    if .venv/bin/python -m venv --clear .venv/generators &&
        .venv/generators/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --only-binary=:all: \
            --requirement "$list"; then
        touch "$stamp"
    else
        echo "The generators could not be installed; the tests of generated clients are skipped" >&2
        rm -rf .venv/generators
    fi
}

# Mutation testing, beside the packages of .venv, which it uses.
setup_mutmut() {
    local list=tests/mutants/requirements.txt stamp
    stamp=.venv/mutmut/.installed-$(cat "$list" requirements/dev.txt | sha256sum | cut -c1-16)
    [ -e "$stamp" ] && return 0
    echo "Setting up: mutmut in .venv/mutmut (some 30 MB, once)"
    .venv/bin/python -m venv --clear .venv/mutmut || return 1
    .venv/bin/python -c 'import site; print(*site.getsitepackages(), sep="\n")' \
        >"$(.venv/mutmut/bin/python -c 'import site; print(site.getsitepackages()[0])')/packages.pth"
    .venv/mutmut/bin/python -m pip install --disable-pip-version-check --quiet --only-binary=:all: --require-hashes \
        --requirement "$list" && touch "$stamp"
}

install_hashed() {
    .venv/bin/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes --no-build-isolation \
        --only-binary=:all: --no-binary=thespian,wsdiscovery --requirement "requirements/$1.txt"
}

# Ray for the hosts of a pool (some 90 MB, once), beside the same versions of all else.
install_pool() {
    case ",$1," in *,pool,*) install_hashed pool ;; esac
}

install_this() {
    .venv/bin/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return 0
        fi
    done
    echo "Python 3.11 or newer is needed (set PYTHON=/path/to/python3 if it is not on the PATH)" >&2
    return 1
}
