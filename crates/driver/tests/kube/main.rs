//! The driver against a real cluster, with kubectl as the judge. What needs the cluster is ignored
//! unless it is asked for: that of `KUBECONFIG`, else `wstest-kube`, which the program k3d makes
//! (`k3d cluster delete wstest-kube` removes it). The cluster must have `debian:bookworm-slim`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod apply;
mod connect;
mod fixture;
mod observe;
mod prune;
mod reasons;
