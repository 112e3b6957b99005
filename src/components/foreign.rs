//! What the profile kubernetes is given of others: which cluster, which Kafka and which object store,
//! and the secrets for them, read from where the settings say.

use crate::advice;
use crate::config::{KubernetesSettings, SaslMechanism, Settings};
use crate::error::{ExpectedError, Result};
use crate::state::unreadable;
use etcetera::BaseStrategy;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wikisentry_driver::Account;
use wikisentry_driver::kafka::{Kafka, Mechanism, Security};
use wikisentry_driver::kube::{Kube, KubeContext};
use wikisentry_driver::s3::{Credentials, StoreAddress};

/// Longest file of a password or of certificates, in bytes.
const LONGEST: u64 = 1 << 20;

/// A cluster, a Kafka and an object store of others.
pub struct Foreign {
    /// Whether the network of the pods is narrowed, and to what.
    pub settings: KubernetesSettings,
    context: KubeContext,
    pub kafka: ForeignKafka,
    pub store: ForeignStore,
}

pub struct ForeignKafka {
    pub bootstrap: String,
    pub security: Security,
    pub account: Option<Account>,
}

pub struct ForeignStore {
    pub address: StoreAddress,
    pub credentials: Credentials,
    pub bucket: String,
}

impl Foreign {
    /// What the settings name, secrets read.
    ///
    /// # Errors
    /// With exit code 2 if something is not given, 3 if a file cannot be read.
    pub fn of(settings: &Settings) -> Result<Self> {
        let own = &settings.kubernetes;
        // An image that is named needs no registry of ours.
        let replaced = settings.image_replacements();
        let is_built = |name: &str| !replaced.contains_key(name);
        let mut pods = super::in_cluster().filter(|one| one.image.is_some());
        let needs_registry = pods.any(|one| is_built(one.name));
        if let Some((key, example)) = own.missing(needs_registry) {
            return Err(missing(key, example).into());
        }
        Ok(Self {
            context: context(own)?,
            kafka: ForeignKafka::of(own)?,
            store: ForeignStore::of(own)?,
            settings: own.clone(),
        })
    }

    /// The cluster. Nothing is asked of it yet.
    ///
    /// # Errors
    /// If the kubeconfig cannot be used, or lacks the context.
    pub async fn connect(&self, timeout: Duration) -> Result<Kube> {
        let kube = Kube::from_context(&self.context, timeout).await;
        kube.map_err(advice::kube)
    }
}

impl ForeignKafka {
    fn of(own: &KubernetesSettings) -> Result<Self> {
        let given = &own.kafka;
        let account = match given.security.has_user() {
            true => Some(Account {
                user: given.user.clone(),
                password: secret(
                    "kubernetes.kafka.password",
                    &given.password_file,
                    &given.password,
                )?,
            }),
            false => None,
        };
        Ok(Self {
            bootstrap: given.bootstrap.clone(),
            security: Security {
                tls: given.security.has_tls(),
                ca: certificates("kubernetes.kafka.ca_file", &given.ca_file)?,
                mechanism: match given.mechanism {
                    SaslMechanism::Plain => Mechanism::Plain,
                    SaslMechanism::ScramSha256 => Mechanism::ScramSha256,
                    SaslMechanism::ScramSha512 => Mechanism::ScramSha512,
                },
            },
            account,
        })
    }

    /// As this machine reaches it.
    pub fn client(&self, timeout: Duration) -> Kafka {
        let kafka = Kafka::new(&self.bootstrap, timeout).with_security(self.security.clone());
        match &self.account {
            Some(account) => kafka.with_account(account.clone()),
            None => kafka,
        }
    }
}

impl ForeignStore {
    fn of(own: &KubernetesSettings) -> Result<Self> {
        let given = &own.s3;
        let (file, value) = (&given.secret_key_file, &given.secret_key);
        Ok(Self {
            address: StoreAddress {
                url: given.endpoint.parse()?,
                region: given.region.clone(),
                path_style: given.path_style,
                ca: certificates("kubernetes.s3.ca_file", &given.ca_file)?,
            },
            credentials: Credentials {
                access_key: given.access_key.clone(),
                secret_key: secret("kubernetes.s3.secret_key", file, value)?,
            },
            bucket: given.bucket.clone(),
        })
    }
}

/// The kubeconfig and the context in it.
fn context(own: &KubernetesSettings) -> Result<KubeContext> {
    let name = Some(own.context.clone());
    if !own.kubeconfig.is_empty() {
        let files = vec![PathBuf::from(&own.kubeconfig)];
        return Ok(KubeContext { files, name });
    }
    let home = etcetera::choose_base_strategy().map_err(|error| {
        ExpectedError::preflight("it is not known where your kubeconfig is")
            .caused_by(&error)
            .help("name it: `--set kubernetes.kubeconfig=FILE`")
    })?;
    let listed = std::env::var_os("KUBECONFIG");
    let home = home.home_dir();
    Ok(KubeContext::of_user(listed.as_deref(), home, name))
}

fn missing(key: &str, example: &str) -> ExpectedError {
    ExpectedError::usage(format!("`{key}` is not set"))
        .because("the profile kubernetes has no default for it")
        .help(format!(
            "set it in the settings file (`wikisentry init --profile kubernetes` writes one), or type \
             it: `--set {key}={example}`"
        ))
}

/// A secret from its file, else from its setting.
fn secret(key: &str, file: &str, value: &str) -> Result<String> {
    if !file.is_empty() {
        let text = read(&format!("{key}_file"), file)?;
        let secret = text.trim_end_matches(['\n', '\r']);
        if !secret.is_empty() && !secret.contains(['\n', '"', '\\']) {
            return Ok(secret.to_owned());
        }
        return ExpectedError::preflight(format!("there is no password in {file}"))
            .because(format!(
                "{key}_file names it, and it holds nothing, or more than a line, or a quotation mark \
                 or backslash"
            ))
            .help("put the password into it, and nothing else")
            .fail();
    }
    if value.is_empty() {
        let variable = key.to_uppercase().replace('.', "__");
        return ExpectedError::preflight(format!("`{key}` is not given"))
            .because("neither a file nor the environment holds it")
            .help(format!(
                "name a file that holds it: `--set {key}_file=FILE`; or set the variable \
                 WIKISENTRY_{variable}"
            ))
            .fail();
    }
    Ok(value.to_owned())
}

fn certificates(key: &str, file: &str) -> Result<Option<String>> {
    if file.is_empty() {
        return Ok(None);
    }
    let text = read(key, file)?;
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        return ExpectedError::preflight(format!("there is no certificate in {file}"))
            .because(format!("{key} names it"))
            .help("certificates have the form PEM, and begin with -----BEGIN CERTIFICATE-----")
            .fail();
    }
    Ok(Some(text))
}

/// What a file of the user holds. It may be a link: secrets that are mounted are.
fn read(key: &str, file: &str) -> Result<String> {
    let path = Path::new(file);
    let mut text = String::new();
    let opened = File::open(path);
    let read = opened.and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(unreadable(path, &error)
            .because(format!("{key} names it"))
            .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{KafkaSecurity, Size};
    use crate::error::{Error, ExitStatus};

    fn given() -> Settings {
        let mut settings = crate::components::tests::settings(Size::Small);
        let own = &mut settings.kubernetes;
        own.context = "prod".to_owned();
        own.images.prefix = "registry.example.org/wikisentry".to_owned();
        own.kafka.bootstrap = "kafka.example.org:9093".to_owned();
        own.kafka.user = "me".to_owned();
        own.kafka.password = "hush".to_owned();
        own.s3.endpoint = "https://s3.example.org".to_owned();
        own.s3.bucket = "lake".to_owned();
        own.s3.access_key = "key".to_owned();
        own.s3.secret_key = "hush".to_owned();
        settings
    }

    fn refused(settings: &Settings) -> ExpectedError {
        match Foreign::of(settings) {
            Err(Error::Expected(error)) => *error,
            Err(error) => panic!("{error:?}"),
            Ok(_) => panic!("it is not refused"),
        }
    }

    #[test]
    fn what_is_not_given_is_named_with_an_example() {
        type Change = fn(&mut KubernetesSettings);
        let change: [(&str, Change); 4] = [
            ("kubernetes.context=prod", |own| own.context.clear()),
            ("kubernetes.images.prefix=", |own| own.images.prefix.clear()),
            ("kubernetes.kafka.user=", |own| own.kafka.user.clear()),
            ("kubernetes.s3.bucket=", |own| own.s3.bucket.clear()),
        ];
        for (typed, change) in change {
            let mut settings = given();
            change(&mut settings.kubernetes);
            let refused = refused(&settings);
            assert_eq!(refused.exit_code, ExitStatus::Usage);
            assert!(refused.help.unwrap().contains(typed), "{typed}");
        }
        let mut settings = given();
        settings.kubernetes.s3.secret_key.clear();
        let help = refused(&settings).help.unwrap();
        assert!(
            help.contains("WIKISENTRY_KUBERNETES__S3__SECRET_KEY"),
            "{help}"
        );
    }

    #[test]
    fn no_user_is_needed_where_nobody_asks_and_no_registry_where_images_are_named() {
        let mut settings = given();
        let own = &mut settings.kubernetes;
        own.kafka.user.clear();
        own.kafka.security = KafkaSecurity::Plaintext;
        own.images.prefix.clear();
        for component in crate::components::in_cluster().filter(|one| one.image.is_some()) {
            let image = settings.images.get_mut(component.name).unwrap();
            image.reference = "registry.example.org/other:1".to_owned();
        }
        let foreign = Foreign::of(&settings).unwrap();
        assert_eq!(foreign.kafka.account, None);
    }

    #[test]
    fn a_file_of_a_password_wins_and_its_line_end_does_not_count() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut settings = given();
        settings.kubernetes.kafka.password_file = file.path().display().to_string();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let foreign = Foreign::of(&settings).unwrap();
        assert_eq!(foreign.kafka.account.unwrap().password, "s3cret");
        for wrong in ["", "\n", "a\nb", "a\"b"] {
            std::fs::write(file.path(), wrong).unwrap();
            assert_eq!(refused(&settings).exit_code, ExitStatus::Preflight);
        }
        settings.kubernetes.kafka.ca_file = file.path().display().to_string();
        settings.kubernetes.kafka.password_file.clear();
        let what = refused(&settings).what;
        assert!(what.starts_with("there is no certificate in"), "{what}");
    }
}
