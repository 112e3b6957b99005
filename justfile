# Shortcuts; each calls what can be called without them.

# List them.
default:
    @just --list

# The test command of the README.
test:
    scripts/test.sh

# What continuous integration runs.
ci:
    bash .ci/run

# The fast part of the tests, while writing.
quick:
    cargo fmt --all
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo test --workspace --locked

# The platform on recorded edits.
sample:
    cargo run --release -- up --replay sample

# All benches.
bench:
    scripts/bench.sh

# Packages: a tarball and a .deb, below target/dist/packages.
dist:
    scripts/dist.sh
