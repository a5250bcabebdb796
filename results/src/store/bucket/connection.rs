//! The way to an object store: what its address and the environment say.

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreScheme, RetryConfig};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Addresses that can be given.
const FORMS: &str = "s3://BUCKET/FOLDER, gs://BUCKET/FOLDER, az://CONTAINER/FOLDER or file:///FOLDER";

/// Who keeps the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    /// Amazon S3, or a server that speaks its protocol.
    Amazon,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
}

impl Provider {
    /// Start of the names of the environment variables that hold its settings.
    fn prefix(self) -> &'static str {
        match self {
            Self::Amazon => "AWS_",
            Self::Google => "GOOGLE_",
            Self::Azure => "AZURE_",
        }
    }

    /// Environment variables that hold credentials.
    pub(super) fn credentials(self) -> &'static str {
        match self {
            Self::Amazon => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            Self::Google => "GOOGLE_SERVICE_ACCOUNT, the path of a key file,",
            Self::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        }
    }

    /// Environment variable that says where another server is.
    fn endpoint(self) -> &'static str {
        match self {
            Self::Amazon => "AWS_ENDPOINT_URL",
            Self::Google => "GOOGLE_BASE_URL",
            Self::Azure => "AZURE_STORAGE_ENDPOINT",
        }
    }
}

/// An address, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Address {
    url: Url,
    pub(super) provider: Provider,
    /// Folder in the bucket.
    pub(super) folder: Path,
}

impl Address {
    /// Takes `text` apart, or says what is wrong with it, without repeating it: it may hold a password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{error}; give {FORMS}"))?;
        if url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            let credentials = "credentials are given in environment variables";
            return Err(format!("an address has no password and nothing behind `?` or `#`; {credentials}"));
        }
        Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
        let (scheme, folder) = ObjectStoreScheme::parse(&url).map_err(|_| format!("give {FORMS}"))?;
        let provider = match scheme {
            ObjectStoreScheme::AmazonS3 => Provider::Amazon,
            ObjectStoreScheme::GoogleCloudStorage => Provider::Google,
            ObjectStoreScheme::MicrosoftAzure => Provider::Azure,
            _ => {
                let other = "another server than Amazon's is named by AWS_ENDPOINT_URL";
                return Err(format!("give {FORMS}; {other}"));
            }
        };
        Ok(Self { url, provider, folder })
    }

    /// The store there. `settings` are environment variables; a silent server is waited for as long as `patience`.
    pub(super) fn connect(&self, settings: &[(String, String)], patience: Duration) -> Result<Connection, String> {
        let prefix = self.provider.prefix();
        let settings = settings.iter().filter(|(name, value)| name.starts_with(prefix) && !value.is_empty());
        settings.clone().try_for_each(check_setting)?;
        // Tried for as long as patience lasts, however often that is.
        let backoff = BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() };
        let retry = RetryConfig { backoff, max_retries: usize::MAX, retry_timeout: patience };
        // The library has builders that are alike but share no trait. It ignores what else starts with the prefix.
        macro_rules! builder {
            ($builder:ty, $key:ty) => {
                settings
                    .filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse::<$key>().ok()?, value)))
                    .fold(<$builder>::new().with_url(self.url.as_str()).with_retry(retry), |builder, (key, value)| {
                        builder.with_config(key, value)
                    })
            };
        }
        let store: object_store::Result<Arc<dyn ObjectStore>> = match self.provider {
            Provider::Amazon => {
                // Who names a server by http:// means it.
                let builder = builder!(AmazonS3Builder, AmazonS3ConfigKey).with_allow_http(true);
                let endpoints = [AmazonS3ConfigKey::Endpoint, AmazonS3ConfigKey::S3Endpoint];
                endpoints.iter().try_for_each(|key| self.check_server(builder.get_config_value(key)))?;
                // Not every server removes several objects at once, nor is that done here.
                builder.with_disable_bulk_delete(true).build().map(|store| Arc::new(store) as _)
            }
            Provider::Google => {
                let builder = builder!(GoogleCloudStorageBuilder, GoogleConfigKey);
                self.check_server(builder.get_config_value(&GoogleConfigKey::BaseUrl))?;
                builder.build().map(|store| Arc::new(store) as _)
            }
            Provider::Azure => {
                let builder = builder!(MicrosoftAzureBuilder, AzureConfigKey).with_allow_http(true);
                self.check_server(builder.get_config_value(&AzureConfigKey::Endpoint))?;
                builder.build().map(|store| Arc::new(store) as _)
            }
        };
        let store = store.map_err(|error| super::words::setting(&error))?;
        Ok(Connection { store, patience })
    }

    /// Refuses the address of a server that is none.
    fn check_server(&self, address: Option<String>) -> Result<(), String> {
        let is_server =
            |text: &str| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        match address {
            Some(address) if !is_server(&address) => {
                Err(format!("{} is no address that begins with http:// or https://", self.provider.endpoint()))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses what cannot be sent to a server, such as the line break of another system at the end of a key.
fn check_setting((name, value): &(String, String)) -> Result<(), String> {
    // Files have any name. Google's settings are not sent as they are, and may be whole files.
    let is_sent = !name.ends_with("_FILE") && !name.starts_with(Provider::Google.prefix());
    match is_sent && value.contains(|c: char| c != ' ' && !c.is_ascii_graphic()) {
        true => Err(format!("{name} has a line break in it, or another character that cannot be sent")),
        false => Ok(()),
    }
}

/// A store, and how long its server is waited for when it is silent.
pub(super) struct Connection {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) patience: Duration,
}

/// The environment variables that are text.
pub(super) fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}
