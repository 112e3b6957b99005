#!/usr/bin/env bash
# Makes packages of the program: a tarball that is unpacked into a prefix such as ~/.local, and, where
# dpkg-deb is, a Debian package. Both have the program, manual pages, completions and systemd units.
#
# scripts/dist.sh [--binary FILE] [--to FOLDER]
#
# Without --binary the program is built first, with the profile `dist`, which takes some 15 minutes.
set -euo pipefail

binary="" to=""
while (($# > 0)); do
  case "$1" in
    --binary) binary="$(realpath "$2")" && shift 2 ;;
    --to) mkdir -p "$2" && to="$(realpath "$2")" && shift 2 ;;
    *) echo "usage: $0 [--binary FILE] [--to FOLDER]" >&2 && exit 2 ;;
  esac
done
cd "$(dirname "$0")/.."

# Some of what follows works in other folders.
target="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
if [ -z "$binary" ]; then
  cargo build --profile dist --locked --bin wikisentry
  binary="$target/dist/wikisentry"
fi
to="${to:-$target/dist/packages}"
mkdir -p "$to"
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)"
machine="$(uname -m)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# The same source gives the same packages: times are those of the commit.
epoch="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH="$epoch"

# put MODE FROM TO: a file with its mode, its folders readable by all.
put() {
  install -d -m 0755 "$(dirname "$3")"
  install -m "$1" "$2" "$3"
}

# unit KIND BINDIR TO: a systemd unit that starts the program there.
unit() {
  install -d -m 0755 "$(dirname "$3")"
  sed "s#@BINDIR@#$2#" "packaging/systemd/$1.service" >"$3"
  chmod 0644 "$3"
}

# tree PREFIX: what both packages have, below a prefix.
tree() {
  local prefix="$1" page shell
  put 0755 "$binary" "$prefix/bin/wikisentry"
  "$binary" man "$scratch/man"
  for page in "$scratch"/man/*.1; do
    gzip -9n <"$page" >"$page.gz"
    put 0644 "$page.gz" "$prefix/share/man/man1/$(basename "$page").gz"
  done
  for shell in bash fish zsh; do
    "$binary" completions "$shell" >"$scratch/$shell"
  done
  put 0644 "$scratch/bash" "$prefix/share/bash-completion/completions/wikisentry"
  put 0644 "$scratch/fish" "$prefix/share/fish/vendor_completions.d/wikisentry.fish"
  put 0644 "$scratch/zsh" "$prefix/share/zsh/site-functions/_wikisentry"
  put 0644 README.md "$prefix/share/doc/wikisentry/README.md"
  put 0644 NOTICE "$prefix/share/doc/wikisentry/NOTICE"
  put 0644 docs/OPERATIONS.md "$prefix/share/doc/wikisentry/OPERATIONS.md"
  put 0644 docs/COMMANDS.md "$prefix/share/doc/wikisentry/COMMANDS.md"
}

# settings TO: the settings file with every default, as a comment.
settings() {
  env -i PATH="$PATH" HOME="$scratch" "$binary" --quiet --config "$scratch/config.toml" init --force </dev/null
  put 0600 "$scratch/config.toml" "$1"
}

tarball() {
  local name="wikisentry-$version-$machine-linux"
  local root="$scratch/$name"
  tree "$root"
  put 0644 LICENSE "$root/share/doc/wikisentry/LICENSE"
  unit user %h/.local/bin "$root/share/systemd/user/wikisentry.service"
  unit system /usr/local/bin "$root/lib/systemd/system/wikisentry.service"
  tar --create --directory "$scratch" --sort name --owner 0 --group 0 --numeric-owner \
    --mtime "@$epoch" "$name" | gzip -9n >"$to/$name.tar.gz"
  echo "$to/$name.tar.gz"
}

# The libraries that the program is linked to, as Debian names them.
depends() {
  if ! head -c 4 "$binary" | grep -q ELF || ! command -v dpkg-shlibdeps >/dev/null; then
    echo libc6
    return
  fi
  mkdir -p "$scratch/shlibs/debian"
  : >"$scratch/shlibs/debian/control"
  (cd "$scratch/shlibs" && dpkg-shlibdeps -O "$binary" | sed 's/^shlibs:Depends=//')
}

debian() {
  if ! command -v dpkg-deb >/dev/null; then
    echo "not made: the Debian package, since dpkg-deb is not installed" >&2
    return
  fi
  local root="$scratch/debian" architecture needs
  architecture="$(dpkg --print-architecture)"
  needs="$(depends)"
  tree "$root/usr"
  unit user /usr/bin "$root/usr/lib/systemd/user/wikisentry.service"
  unit system /usr/bin "$root/usr/lib/systemd/system/wikisentry.service"
  settings "$root/etc/wikisentry/config.toml"
  # Debian looks for these two elsewhere, or by other names.
  install -d -m 0755 "$root/usr/share/zsh/vendor-completions"
  mv "$root/usr/share/zsh/site-functions/_wikisentry" "$root/usr/share/zsh/vendor-completions/"
  rmdir "$root/usr/share/zsh/site-functions"
  put 0644 packaging/debian/copyright "$root/usr/share/doc/wikisentry/copyright"
  gzip -9n <CHANGELOG.md >"$scratch/changelog.gz"
  put 0644 "$scratch/changelog.gz" "$root/usr/share/doc/wikisentry/changelog.gz"
  for script in postinst prerm postrm; do
    put 0755 "packaging/debian/$script" "$root/DEBIAN/$script"
  done
  echo /etc/wikisentry/config.toml >"$root/DEBIAN/conffiles"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: wikisentry
Version: $version
Architecture: $architecture
Maintainer: wikisentry maintainers <maintainers@users.noreply.github.com>
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $needs, ca-certificates
Section: net
Priority: optional
Description: every edit on Wikimedia, scored as it happens
 Takes in the public stream of edits, each exactly once, scores it for the risk
 that it will be reverted as damage, archives it as Parquet, and raises alerts.
CONTROL
  chmod 0644 "$root/DEBIAN/conffiles" "$root/DEBIAN/control"
  find "$root" -exec touch --no-dereference --date "@$epoch" {} +
  dpkg-deb --root-owner-group --build "$root" "$to/wikisentry_${version}_$architecture.deb" >/dev/null
  echo "$to/wikisentry_${version}_$architecture.deb"
}

umask 022
tarball
debian
