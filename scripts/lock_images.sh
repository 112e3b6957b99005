#!/usr/bin/env bash
# Writes the lists of locked files of images/ again: after a version in a pom.xml
# or in images/minio/go.mod was changed. Look at the diff before committing it.
# Needs mvn (Java 17) and go; to move MinIO, first, in images/minio:
#   go get -tool github.com/minio/minio@<commit>
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Arguments: folder of the pom.xml, the lock to write. The repository is a fresh
# one, so that a file changed on this machine cannot get into the lock.
lock_jars() {
  mvn -q -B -f "$1/pom.xml" -Dmaven.repo.local="$work/repository" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$work/${1//\//-}"
  (cd "$work/${1//\//-}" && sha256sum -- *.jar) | LC_ALL=C sort -k2 > "$work/lock"
  mv "$work/lock" "$2"
  echo "$2: $(wc -l < "$2") files"
}

lock_jars images/kafka images/kafka/jars.lock
lock_jars images/connect/connector images/connect/jars.lock
lock_jars images/spark images/spark/jars.lock

cd images/minio
GOFLAGS=-mod=mod go list -deps github.com/minio/minio > "$work/packages"
go mod verify
echo "images/minio/go.sum: $(wc -l < go.sum) hashes"
