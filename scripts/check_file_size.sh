#!/usr/bin/env bash
# A source file over 800 lines is refused; over 400 it is named: perhaps it is two things.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly ASK=400 REFUSE=800
refused=0
files="$(git ls-files '*.rs' '*.py' '*.java' '*.sh' .ci/run)"
while IFS= read -r file; do
  [[ -f "$file" ]] || continue # deleted, not yet committed
  lines=$(wc -l <"$file")
  if ((lines > REFUSE)); then
    echo "refused: $file has $lines lines, $REFUSE are allowed"
    refused=1
  elif ((lines > ASK)); then
    echo "warning: $file has $lines lines; over $ASK, ask whether it is two things"
  fi
done <<<"$files"
exit $refused
