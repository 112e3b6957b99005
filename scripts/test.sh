#!/usr/bin/env bash
# The test command: everything that must hold before a change lands. Each step runs even if an
# earlier one failed; what failed and what could not be run is named at the end.
set -uo pipefail # not -e: a step's failure is noted, not the end
cd "$(dirname "$0")/.."

failed=()
skipped=()
took=()

# A step that ends with this code was not run, and has said why.
readonly NOT_RUN=77

step() {
  local name="$1" status=0
  shift
  printf '\n== %s\n' "$name"
  local start=$SECONDS
  "$@" || status=$?
  took+=("$((SECONDS - start)) s $name")
  case $status in
    0) printf -- '-- %s: fine, %d s\n' "$name" $((SECONDS - start)) ;;
    "$NOT_RUN") skipped+=("$name") ;;
    *)
      printf -- '-- %s: FAILED with exit code %d\n' "$name" "$status"
      failed+=("$name")
      ;;
  esac
}

deny() {
  if ! command -v cargo-deny >/dev/null; then
    echo "not run: cargo-deny is not installed (cargo install cargo-deny --locked)"
    return $NOT_RUN
  fi
  cargo deny --locked check licenses bans sources || return
  # The advisories lie in a repository on GitHub, which is not within reach everywhere.
  if cargo deny --locked fetch db >/dev/null 2>&1; then
    cargo deny --locked check --disable-fetch advisories
  else
    echo "advisories not checked: their database cannot be fetched"
  fi
}

# The connector is Java; its tests need Maven and a JDK.
connector() {
  if ! command -v mvn >/dev/null; then
    echo "not run: Maven is not installed"
    return $NOT_RUN
  fi
  mvn --quiet --batch-mode --file images/connect/connector/pom.xml test
}

# The job of Flink, with the core as its tests are built: the library that `cargo test` has made.
flink_job() {
  if ! command -v mvn >/dev/null; then
    echo "not run: Maven is not installed"
    return $NOT_RUN
  fi
  local library="${CARGO_TARGET_DIR:-$PWD/target}/debug/deps/libwikisentry_jvm.so"
  mvn --quiet --batch-mode --file images/flink/job/pom.xml "-Dwikisentry.native=$library" test
}

# Containers of their own names and ports, removed afterwards. CONTAINER_TESTS=1 asks for them.
containers_wanted() {
  if [ "${CONTAINER_TESTS:-}" != 1 ]; then
    echo "not run: tests with containers are wanted by CONTAINER_TESTS=1"
    return $NOT_RUN
  fi
}

# The targets of fuzz/, for FUZZ_SECONDS each; those of a crate run side by side. The tests have run
# them for a moment.
fuzz() {
  if [ -z "${FUZZ_SECONDS:-}" ]; then
    echo "not run: FUZZ_SECONDS=60 runs each fuzz target for a minute"
    return $NOT_RUN
  fi
  cargo test --workspace --locked --no-fail-fast --test fuzz_corpus -- --nocapture
}

# The tests that say `ignored` elsewhere.
with_containers() {
  containers_wanted || return
  cargo test --workspace --locked --no-fail-fast --test compose_model --test docker --test images \
    --test data_layer -- --include-ignored --skip cluster::
}

# The platform in a cluster, from nothing to nothing; CLUSTER_TESTS=1 or =all asks for it.
platform_in_a_cluster() {
  if [ -z "${CLUSTER_TESTS:-}" ]; then
    echo "not run: the platform in a cluster is wanted by CLUSTER_TESTS=1"
    return $NOT_RUN
  fi
  if ! command -v k3d >/dev/null; then
    echo "not run: k3d is not installed (https://k3d.io)"
    return $NOT_RUN
  fi
  cargo test --workspace --locked --test data_layer -- --include-ignored cluster::the_cluster
}

serving_in_containers() {
  if [ "${CLUSTER_TESTS:-}" != all ]; then
    echo "not run: serving in containers is wanted by CLUSTER_TESTS=all"
    return $NOT_RUN
  fi
  scripts/check_serving.sh
}

batch() {
  if [ "${BATCH_TESTS:-}" != 1 ]; then
    echo "not run: the jobs of Spark and the DAGs are wanted by BATCH_TESTS=1"
    return $NOT_RUN
  fi
  scripts/check_batch.sh
}

batch_in_containers() {
  if [ "${BATCH_TESTS:-}" != 1 ] || [ "${CONTAINER_TESTS:-}" != 1 ]; then
    echo "not run: the batch half in containers is wanted by BATCH_TESTS=1 and CONTAINER_TESTS=1"
    return $NOT_RUN
  fi
  scripts/check_postgres.sh
  POSTGRES_TAG=check scripts/check_airflow.sh
  scripts/check_spark.sh
}

# What drives clusters, part by part, and a cluster of others. Clusters of one node each; one at a time,
# as each takes the machine while it starts. The tests of `kube` share one, each in a namespace of its
# own, and wait more than they work. CLUSTER_TESTS=all asks for them.
with_k3d() {
  if [ "${CLUSTER_TESTS:-}" != all ]; then
    echo "not run: tests of each part with a cluster are wanted by CLUSTER_TESTS=all"
    return $NOT_RUN
  fi
  if ! command -v k3d >/dev/null; then
    echo "not run: k3d is not installed (https://k3d.io)"
    return $NOT_RUN
  fi
  cargo test --workspace --locked --test k3d -- --include-ignored --test-threads 1
  local status=$?
  cargo test --workspace --locked --test kube -- --include-ignored --test-threads 4 || status=$?
  k3d cluster delete wstest-kube
  cargo test --workspace --locked --test data_layer -- --include-ignored --test-threads 1 \
    cluster::foreign cluster::release || status=$?
  return $status
}

compose_by_hand() {
  containers_wanted || return
  scripts/check_data_layer.sh
}

step "file sizes" scripts/check_file_size.sh
step "wording" python3 scripts/check_wording.py
step "doc comments" python3 scripts/check_doc_comments.py
step "components" python3 scripts/check_components.py
step "links" python3 scripts/check_links.py
step "dependencies" python3 scripts/check_dependencies.py
step "format" cargo fmt --all --check
step "lints" cargo clippy --workspace --all-targets --locked -- -D warnings
step "tests" env -u FUZZ_SECONDS cargo test --workspace --locked --no-fail-fast
step "fuzz targets" fuzz
step "tests with containers" with_containers
step "platform in a cluster" platform_in_a_cluster
step "clusters of k3d" with_k3d
step "connector" connector
step "job of Flink" flink_job
step "data layer by docker compose" compose_by_hand
step "licences and sources" deny
step "scores equal to Python XGBoost" scripts/check_xgboost.sh
step "trainer held to XGBoost and LightGBM" scripts/check_trainer.sh
step "lake read by pyarrow and DuckDB" scripts/check_lake.sh
step "wheel and serving" scripts/check_wheel.sh
step "serving in containers" serving_in_containers
step "jobs of Spark and DAGs" batch
step "batch half in containers" batch_in_containers

printf '\ntime of each step:\n'
printf '%s\n' "${took[@]}" | sort -rn
echo
for name in ${skipped[@]+"${skipped[@]}"}; do
  echo "not run: $name (the reason stands above)"
done
for name in ${failed[@]+"${failed[@]}"}; do
  echo "failed: $name"
done
if ((${#failed[@]} > 0)); then
  exit 1
fi
echo "all that ran is fine"
