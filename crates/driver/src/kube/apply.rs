//! Making a cluster have a set of objects.

use super::body::Prepared;
use super::connect::Kube;
use super::error::KubeError;
use super::objects::Dependents;
use super::plan::{Planned, lacks_account};
use super::set::{ApplyOptions, ObjectSet};
use crate::converge::{Change, OnWork, Verb, Work};
use crate::manifests::Scope;
use std::time::{Duration, Instant};

/// A new namespace gets its default service account within this time.
const ACCOUNT_WITHIN: Duration = Duration::from_secs(15);

/// How often it is looked for.
const POLL: Duration = Duration::from_millis(250);

impl Kube {
    /// Makes the cluster have the set and returns what was done; then removes what is wanted no
    /// longer. Does not wait until anything runs. Done twice, the second time changes nothing.
    ///
    /// # Errors
    /// [`KubeError::Impossible`], and nothing was changed, if the plan has a refusal. Else what the
    /// cluster said to the first object that failed; what was done before stays done.
    pub async fn apply(
        &self,
        set: &ObjectSet,
        options: &ApplyOptions,
        on_work: OnWork<'_>,
    ) -> Result<Vec<Change>, KubeError> {
        let planned = self.plan(set, options).await?;
        let refused: Vec<String> = planned
            .iter()
            .filter(|one| one.change.verb == Verb::Refuse)
            .map(|one| {
                let Change {
                    kind, name, detail, ..
                } = &one.change;
                format!("{kind} {name}: {detail}")
            })
            .collect();
        if !refused.is_empty() {
            return Err(KubeError::Impossible(refused));
        }
        for one in &planned {
            self.carry_out(one, options, on_work).await?;
        }
        Ok(planned.into_iter().map(|one| one.change).collect())
    }

    /// Removes what we have applied in the scope, but for the config maps of these names, and says what
    /// that was. Namespaces stay, and so does what somebody else made in them. Does not wait until pods
    /// have ended.
    ///
    /// # Errors
    /// What the cluster said to the first object that it does not remove.
    pub async fn remove(
        &self,
        scope: &Scope,
        namespace: &str,
        kept: &[&str],
        on_work: OnWork<'_>,
    ) -> Result<Vec<Change>, KubeError> {
        if !self.has_namespace(namespace).await? {
            return Ok(Vec::new());
        }
        let nothing = ObjectSet {
            scope: scope.clone(),
            namespaces: vec![namespace.to_owned()],
            objects: Vec::new(),
        };
        let options = ApplyOptions::default();
        let existing = [namespace].into_iter().collect();
        let mut planned = self.superfluous(&nothing, &existing, &options).await?;
        planned.retain(|one| {
            one.kind.is_namespaced && !(one.kind.name == "ConfigMap" && kept.contains(&&*one.name))
        });
        for one in &planned {
            self.carry_out(one, &options, on_work).await?;
        }
        Ok(planned.into_iter().map(|one| one.change).collect())
    }

    async fn carry_out(
        &self,
        one: &Planned,
        options: &ApplyOptions,
        on_work: OnWork<'_>,
    ) -> Result<(), KubeError> {
        let namespace = one.namespace.as_deref();
        let Change {
            verb, kind, name, ..
        } = &one.change;
        let doing = match verb {
            Verb::Keep => return Ok(()),
            Verb::Remove => "removing",
            Verb::Recreate => "replacing",
            _ => "applying",
        };
        on_work(Work::step(format!("{kind} {name} {doing}")));
        let Some(wanted) = &one.wanted else {
            let background = Dependents::Background;
            return self
                .delete(one.kind, namespace, &one.name, background)
                .await;
        };
        if *verb == Verb::Recreate {
            self.delete(one.kind, namespace, &one.name, Dependents::Foreground)
                .await?;
            self.until_gone(one.kind, namespace, &one.name, options.removal_within)
                .await?;
        }
        self.apply_one(wanted, options.force).await
    }

    async fn apply_one(&self, wanted: &Prepared, force: bool) -> Result<(), KubeError> {
        let began = Instant::now();
        loop {
            let error = match self.server_side_apply(wanted, false, force).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            let may_come = error.status().is_some_and(lacks_account);
            if !may_come || began.elapsed() >= ACCOUNT_WITHIN {
                return Err(error);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
