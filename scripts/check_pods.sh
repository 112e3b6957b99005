#!/usr/bin/env bash
# Reaches a running data layer from a pod: makes a k3d cluster on its Docker network, and asks Kafka
# and MinIO by their names from a pod; a port that is published for the host alone must not answer.
# Removes the cluster again. Needs k3d, kubectl, a running data layer, 1 GB of memory.
# Arguments: the project's name (else wikisentry).
set -euo pipefail

project=${1:-wikisentry}
cluster=wikisentry-check
password=$(docker exec "$project-kafka-1" printenv KAFKA_SPARK_PASSWORD)
image=$(docker inspect --format '{{.Config.Image}}' "$project-kafka-1")
network=$(docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}' "$project-kafka-1")
folder=$(mktemp -d)
export KUBECONFIG=$folder/kubeconfig

clean_up() {
  k3d cluster delete "$cluster" > /dev/null 2>&1 || true
  rm -rf "$folder"
}
trap clean_up EXIT

k3d cluster create "$cluster" --network "$network" --no-lb --wait --timeout 180s \
  --kubeconfig-update-default=false --k3s-arg '--disable=traefik,metrics-server@server:0'
k3d kubeconfig get "$cluster" > "$KUBECONFIG"
k3d image import --mode direct --cluster "$cluster" "$image"

# Arguments: the pod's name, which is a host's name in it, then a script that it runs.
pod() {
  kubectl run "$1" --image "$image" --image-pull-policy Never --restart Never --command -- bash -c "$2"
  for _ in $(seq 120); do
    case $(kubectl get pod "$1" --output 'jsonpath={.status.phase}') in
      Succeeded) echo "fine: $1" && return ;;
      Failed) kubectl logs "$1" && return 1 ;;
    esac
    sleep 1
  done
  kubectl describe pod "$1" && return 1
}

until kubectl get serviceaccount default > /dev/null 2>&1; do sleep 1; done
pod to-kafka "KAFKA_USER=spark KAFKA_PASSWORD=$password kafka topics --list | grep -x edits.registered"
pod to-kafka-without-a-password-not '! timeout 30 kafka topics --describe --topic edits.registered'
pod to-minio 'exec 3<> /dev/tcp/minio/9000 && printf "GET /minio/health/live HTTP/1.1\r\nHost: minio\r\nConnection: close\r\n\r\n" >&3 && grep -q "200 OK" <&3'
pod to-connect 'exec 3<> /dev/tcp/connect/8083'
pod to-the-controller-not '! timeout 5 bash -c "exec 3<> /dev/tcp/kafka/9093"'
