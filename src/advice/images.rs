//! What to do about failures with images.

use crate::error::{Error, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::images::ImageError;

/// The failure as the user sees it.
pub fn of(error: ImageError) -> Error {
    let what = harmless(&error.to_string());
    let preflight = || ExpectedError::preflight(what.clone());
    let usage = || ExpectedError::usage(what.clone());
    let source = std::error::Error::source(&error).filter(|source| {
        // Some repeat what they were caused by.
        !source.to_string().is_empty()
    });
    match &error {
        ImageError::BadContext { .. } => return Error::bug(what),
        ImageError::BadReference { .. } => {
            usage().help("give a reference such as registry.example.org/minio:1, or \"\" to build")
        }
        ImageError::Engine { .. } => caused(preflight(), source).help(
            "is Docker running, and may you use it? `docker version` says; DOCKER_HOST names \
             another engine",
        ),
        ImageError::Missing { .. } => preflight().help(
            "check the network, or bring the images from another machine: `wikisentry images save \
             FILE` there, `wikisentry images load FILE` here",
        ),
        ImageError::BuildFailed {
            step,
            log,
            replaced_parent,
            ..
        } => build_failed(preflight(), step, log, replaced_parent.as_deref()),
        ImageError::NotPresent { .. } => preflight()
            .help("build them with `wikisentry images build`, or `wikisentry images load FILE`"),
        ImageError::File { .. } => caused(usage(), source),
        ImageError::NotAnArchive { .. } => {
            usage().help("give a file that `wikisentry images save FILE` wrote")
        }
        ImageError::Damaged { .. } => usage().help(
            "nothing was changed; copy the file again, or write it again with `wikisentry images \
             save FILE`",
        ),
        ImageError::OtherFile { .. } => usage().help(
            "it is not the file whose SHA-256 was given: copy it again, and compare with what \
             `wikisentry images save FILE` printed there",
        ),
        ImageError::NotPlanned { .. } => usage().help(
            "save the images with the version and the settings (`images.*.ref`) that are used here; \
             `wikisentry images list` shows which are wanted",
        ),
        ImageError::OtherPlatform { .. } => {
            usage().help("save the images on a machine of the same kind, or build them here")
        }
        ImageError::NotVerified { .. } => preflight().help(
            "try once more; if that does not help, the engine has other images under these names: \
             `wikisentry images list` shows them",
        ),
    }
    .into()
}

fn caused(error: ExpectedError, source: Option<&dyn std::error::Error>) -> ExpectedError {
    match source {
        Some(source) => error.caused_by(source),
        None => error,
    }
}

fn build_failed(
    mut error: ExpectedError,
    step: &str,
    log: &[String],
    replaced_parent: Option<&str>,
) -> ExpectedError {
    if !step.is_empty() {
        error = error.because(format!("the step `{}`", harmless(step)));
    }
    if !log.is_empty() {
        let lines: Vec<String> = log.iter().map(|line| harmless(line)).collect();
        let count = lines.len();
        error = error.because(format!("its last {count} lines:\n{}", lines.join("\n")));
    }
    match replaced_parent {
        Some(key) => error.help(format!(
            "{key} puts another image in the place of the one that this is built on; replace this \
             one too, or leave {key} empty"
        )),
        None => error.help(
            "run `wikisentry images build` again: it goes on where it was. Without a network, \
             `wikisentry images load FILE` brings the images from another machine",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitStatus;

    fn failed_build(replaced_parent: Option<&str>) -> ExpectedError {
        let error = of(ImageError::BuildFailed {
            image: "connect".to_owned(),
            step: "RUN mvn package".to_owned(),
            message: "exit code 1".to_owned(),
            log: vec!["first".to_owned(), "\u{1b}[31mlast".to_owned()],
            replaced_parent: replaced_parent.map(str::to_owned),
        });
        match error {
            Error::Expected(error) => *error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_failed_build_shows_its_step_and_its_last_lines_without_their_escapes() {
        let error = failed_build(None);
        assert_eq!(error.exit_code, ExitStatus::Preflight);
        assert_eq!(error.what, "cannot build the image connect: exit code 1");
        let lines = "its last 2 lines:\nfirst\n\u{fffd}[31mlast";
        assert_eq!(error.why, ["the step `RUN mvn package`", lines]);
        assert!(error.help.unwrap().contains("images load FILE"));
    }

    #[test]
    fn a_build_on_an_image_of_the_users_names_the_setting() {
        let help = failed_build(Some("images.kafka.ref")).help.unwrap();
        assert!(help.starts_with("images.kafka.ref puts"), "{help}");
    }
}
