#!/usr/bin/env bash
# Makes the Python environment of a file of locked requirements, once, and prints its interpreter:
#   python="$(scripts/check_venv.sh scripts/requirements-check.txt)"
# Further arguments: packages that come as source; `setuptools` and `wheel` of the same lock make them.
# Ends with 77 and a reason on standard error if this machine cannot have it.
set -euo pipefail

requirements="$1"
shift
cannot() {
  echo "not run: $1" >&2
  exit 77
}

python3 -c 'import venv, ensurepip' 2>/dev/null || cannot "it needs python3 with venv"
# Another interpreter or another lock makes another environment.
key="$(python3 - "$requirements" <<'PY'
import hashlib, pathlib, sys
print(hashlib.sha256(sys.version.encode() + pathlib.Path(sys.argv[1]).read_bytes()).hexdigest()[:16])
PY
)"
cache="$HOME/.cache/wikisentry"
venv="$cache/venv-$key"
if [[ ! -e "$venv/complete" ]]; then
  rm -rf "$venv"
  mkdir -p "$cache"
  python3 -m venv "$venv" >&2
  install() { "$venv/bin/python" -m pip install --quiet --no-deps --require-hashes --only-binary :all: "$@" >&2; }
  sources=()
  if (($# > 0)); then
    awk '/^[a-z]/ { kept = /^(packaging|setuptools|wheel)==/ } kept' "$requirements" > "$venv/makers.txt"
    install -r "$venv/makers.txt" || cannot "what makes packages of sources cannot be installed"
    sources=(--no-build-isolation)
    for package in "$@"; do sources+=(--no-binary "$package"); done
  fi
  # The lock is the whole.
  install "${sources[@]}" -r "$requirements" ||
    cannot "the packages of $requirements cannot be installed"
  touch "$venv/complete"
fi
echo "$venv/bin/python"
