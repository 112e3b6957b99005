//! Brings images from the Docker engine into the node: what the engine hands out goes straight into the
//! import, nothing lies on disk meanwhile. Layers that several of them have go once.

use super::Node;
use super::store::{CTR, NodeImage, full};
use crate::converge::{Change, OnWork, Verb, Work};
use crate::docker::found;
use crate::images::{patient, sharing};
use crate::k3d::NODE_IMAGE;
use crate::k3d::error::K3dError;
use bollard::models::ImageInspect;
use futures_util::StreamExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long Kubernetes may take to see an image that was imported.
const SEEN: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(250);

/// An image that the node is to have.
struct Wanted<'r> {
    reference: &'r str,
    /// What the engine has.
    image: ImageInspect,
}

impl Wanted<'_> {
    fn id(&self) -> &str {
        self.image.id.as_deref().unwrap_or_default()
    }

    fn is_in(&self, images: &[NodeImage]) -> bool {
        let reference = full(self.reference);
        let mut named = images.iter().filter(|image| image.reference == reference);
        named.any(|image| image.is(self.id()))
    }
}

impl Node {
    /// What [`Node::load`] would do with each of the references. Changes nothing.
    ///
    /// # Errors
    /// If the node does not run.
    pub async fn plan(&self, references: &[String]) -> Result<Vec<Change>, K3dError> {
        let there = self.images().await?;
        let mut changes = Vec::new();
        for reference in references {
            // One that the engine does not have yet will be another one than the node has.
            let wanted = self.inspect(reference).await?;
            let is_in = wanted.as_ref().is_some_and(|wanted| wanted.is_in(&there));
            let verb = if is_in { Verb::Keep } else { Verb::Create };
            let mut change = Change::new(verb, NODE_IMAGE, reference);
            change.disk_bytes = wanted.filter(|_| !is_in).map(|one| sharing(&[&one.image]));
            changes.push(change);
        }
        Ok(changes)
    }

    /// Brings the references into the node that are not there, and asks the node for each of them
    /// afterwards. Dropping the future stops it; what was not imported to its end is not there.
    ///
    /// # Errors
    /// [`K3dError::NotOnEngine`], [`K3dError::InNode`] with what the import said, or
    /// [`K3dError::NotVerified`].
    pub async fn load(
        &self,
        references: &[String],
        on_work: OnWork<'_>,
    ) -> Result<Vec<Change>, K3dError> {
        let mut wanted = Vec::new();
        let mut not_here = Vec::new();
        for reference in references {
            match self.inspect(reference).await? {
                Some(found) => wanted.push(found),
                None => not_here.push(reference.clone()),
            }
        }
        if !not_here.is_empty() {
            let references = not_here;
            return Err(K3dError::NotOnEngine { references });
        }
        let there = self.images().await?;
        let change = |wanted: &Wanted<'_>| {
            let is_in = wanted.is_in(&there);
            let verb = if is_in { Verb::Keep } else { Verb::Create };
            Change::new(verb, NODE_IMAGE, wanted.reference)
        };
        let changes = wanted.iter().map(change).collect();
        wanted.retain(|wanted| !wanted.is_in(&there));
        if !wanted.is_empty() {
            self.import(&wanted, on_work).await?;
            self.verify(&wanted).await?;
        }
        Ok(changes)
    }

    async fn inspect<'r>(&self, reference: &'r str) -> Result<Option<Wanted<'r>>, K3dError> {
        let inspected = found(self.engine.client().inspect_image(reference).await);
        let inspected = inspected.map_err(K3dError::engine(format!("look for {reference}")))?;
        Ok(inspected.map(|image| Wanted { reference, image }))
    }

    async fn import(&self, wanted: &[Wanted<'_>], on_work: OnWork<'_>) -> Result<(), K3dError> {
        let images: Vec<&ImageInspect> = wanted.iter().map(|one| &one.image).collect();
        let total = sharing(&images);
        let names: Vec<&str> = wanted.iter().map(|one| one.reference).collect();
        let doing = format!("import {}", names.join(", "));
        let done = AtomicU64::new(0);
        let docker = patient(self.engine.client());
        let export = docker.export_images(&names).inspect(|piece| {
            let bytes = piece.as_ref().map_or(0, |piece| piece.len() as u64);
            let done = done.fetch_add(bytes, Ordering::Relaxed) + bytes;
            on_work(Work {
                step: doing.clone(),
                line: None,
                // What is sent may be a little larger than the images.
                bytes: Some((done, total.max(done))),
            });
        });
        let command: Vec<&str> = CTR.into_iter().chain(["images", "import", "-"]).collect();
        let ended = self.exec(&command, export).await?;
        ended.success(self, &doing)?;
        Ok(())
    }

    async fn verify(&self, wanted: &[Wanted<'_>]) -> Result<(), K3dError> {
        let began = Instant::now();
        loop {
            let there = self.images().await?;
            let Some(missing) = wanted.iter().find(|wanted| !wanted.is_in(&there)) else {
                return Ok(());
            };
            if began.elapsed() > SEEN {
                let reference = full(missing.reference);
                let named = there.iter().find(|image| image.reference == reference);
                return Err(K3dError::NotVerified {
                    node: self.name.clone(),
                    reference: missing.reference.to_owned(),
                    why: match named {
                        None => "it has nothing of that name".to_owned(),
                        Some(image) if !image.complete => "its content is not complete".to_owned(),
                        Some(image) => format!(
                            "it has {} of that name, not {}",
                            image.id.as_ref().unwrap_or(&image.digest),
                            missing.id()
                        ),
                    },
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
