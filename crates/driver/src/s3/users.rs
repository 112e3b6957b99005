//! Users of MinIO, each with one policy of its own.

use super::{Credentials, Grant, S3, S3Error, admin_body, policy};
use crate::converge::{Change, Verb};
use serde::Deserialize;
use serde_json::{Value, json};

const SECRET: &str = "secret key";
const ENABLED: &str = "switched on";
const POLICY: &str = "policy";
const ATTACHED: &str = "attached policies";

/// How a user should be. Its policy has the user's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSpec {
    /// Its keys: the access key has 3 characters or more, the secret 8 or more.
    pub credentials: Credentials,
    /// What it may do, and nothing else.
    pub grants: Vec<Grant>,
}

/// How a user differs from what is wanted, in words for people; none if it does not exist.
type Differences = Option<Vec<&'static str>>;

impl UserSpec {
    /// What is done with it where it does not exist.
    pub fn creation(&self) -> Change {
        Change::new(Verb::Create, "user", &self.credentials.access_key)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserInfo {
    #[serde(default)]
    policy_name: String,
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyInfo {
    policy: Value,
}

impl S3 {
    /// What [`S3::ensure_users`] would do, in the order of `wanted`. Changes nothing. Whether a
    /// user's secret key is the wanted one is found out by using it.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn diff_users(&self, wanted: &[UserSpec]) -> Result<Vec<Change>, S3Error> {
        let mut changes = Vec::new();
        for spec in wanted {
            let found = self.user_differences(spec).await?;
            changes.push(spec.creation().or_by(found.as_deref()));
        }
        Ok(changes)
    }

    /// Makes the users as wanted and returns what was done. Done twice, the second time changes
    /// nothing.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses a change. What was done before stays done.
    pub async fn ensure_users(&self, wanted: &[UserSpec]) -> Result<Vec<Change>, S3Error> {
        let mut changes = Vec::new();
        for spec in wanted {
            let found = self.user_differences(spec).await?;
            let differences = found.as_deref().unwrap_or(&[POLICY, SECRET, ATTACHED]);
            // The policy first: no key is ever without bounds, not even for a moment.
            if differences.contains(&POLICY) {
                self.set_policy(spec).await?;
            }
            if differences.contains(&SECRET) || differences.contains(&ENABLED) {
                self.set_user(&spec.credentials).await?;
            }
            if differences.contains(&ATTACHED) {
                self.attach_policy(&spec.credentials.access_key).await?;
            }
            changes.push(spec.creation().or_by(found.as_deref()));
        }
        Ok(changes)
    }

    async fn user_differences(&self, spec: &UserSpec) -> Result<Differences, S3Error> {
        let name = spec.credentials.access_key.as_str();
        let what = format!("tell of user {name}");
        let query = [("accessKey", name)];
        let info: UserInfo = match self.ask_admin(&what, "user-info", &query).await {
            Ok(info) => info,
            Err(error) if error.is_code(&["XMinioAdminNoSuchUser"]) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut differences = Vec::new();
        if !self.has_policy(spec).await? {
            differences.push(POLICY);
        }
        if info.status != "enabled" {
            differences.push(ENABLED);
        } else {
            match self.as_user(spec.credentials.clone()).check().await {
                Ok(()) => {}
                Err(S3Error::Credentials { .. }) => differences.push(SECRET),
                Err(error) => return Err(error),
            }
        }
        if info.policy_name != name {
            differences.push(ATTACHED);
        }
        Ok(Some(differences))
    }

    async fn has_policy(&self, spec: &UserSpec) -> Result<bool, S3Error> {
        let name = spec.credentials.access_key.as_str();
        let what = format!("tell of policy {name}");
        let query = [("name", name), ("v", "2")];
        let found = self.ask_admin::<PolicyInfo>(&what, "info-canned-policy", &query);
        match found.await {
            Ok(info) => Ok(policy::same(&policy::document(&spec.grants), &info.policy)),
            Err(error) if error.is_code(&["XMinioAdminNoSuchPolicy"]) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn set_policy(&self, spec: &UserSpec) -> Result<(), S3Error> {
        let name = spec.credentials.access_key.as_str();
        let body = policy::document(&spec.grants).to_string();
        let what = format!("set policy {name}");
        let query = [("name", name)];
        self.tell_admin(&what, "add-canned-policy", &query, body.into_bytes())
            .await
    }

    /// Creates the user, or changes its secret, and switches it on.
    async fn set_user(&self, credentials: &Credentials) -> Result<(), S3Error> {
        let what = format!("set user {}", credentials.access_key);
        let body = json!({"secretKey": credentials.secret_key, "status": "enabled"}).to_string();
        let body =
            admin_body::encrypt(&self.credentials.secret_key, body.as_bytes()).map_err(|_| {
                S3Error::Refused {
                    what: what.clone(),
                    code: "Encryption".to_owned(),
                    message: "the request could not be encrypted".to_owned(),
                }
            })?;
        let query = [("accessKey", credentials.access_key.as_str())];
        self.tell_admin(&what, "add-user", &query, body).await
    }

    /// Makes the policy of its name the only one of the user.
    async fn attach_policy(&self, user: &str) -> Result<(), S3Error> {
        let query = [
            ("policyName", user),
            ("userOrGroup", user),
            ("isGroup", "false"),
        ];
        let what = format!("attach its policy to user {user}");
        self.tell_admin(&what, "set-user-or-group-policy", &query, Vec::new())
            .await
    }
}
