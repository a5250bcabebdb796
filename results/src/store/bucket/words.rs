//! What an object store answers, in words. The library's own messages name its parts, and quote whole answers, which may repeat
//! a part of the credentials.

use super::connection::Provider;
use object_store::Error;
use object_store::client::HttpError;
use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::iter::successors;
use std::time::Duration;
use url::Url;

/// What the machines of a cloud ask for credentials, where no others are given.
const METADATA: [&str; 4] = ["/latest/api/token", "/latest/meta-data/", "/computeMetadata/", "/metadata/identity/"];

/// Whether `error` is that a server did not answer, or answered that it cannot serve anybody now.
pub(super) fn is_silence(error: &Error) -> bool {
    cut_short(error).is_some() || status(&error.to_string()).is_some_and(|status| status.starts_with('5'))
}

/// `error` in words, after `tried`.
pub(super) fn words(error: &Error, provider: Provider, tried: Duration) -> io::Error {
    let text = error.to_string();
    let asked = asked(&text);
    let seconds = tried.as_secs();
    let credentials = provider.credentials();
    let (kind, words) = match (error, cut_short(error)) {
        _ if asked.as_ref().is_some_and(|asked| METADATA.iter().any(|path| asked.path().starts_with(path))) => {
            let none = "there are no credentials in the environment, nor from a cloud on whose machine this is";
            (ErrorKind::PermissionDenied, format!("{none}: set {credentials}"))
        }
        (_, Some(cause)) => {
            let server = asked.map_or("the server".into(), |asked| asked.origin().ascii_serialization());
            (ErrorKind::TimedOut, format!("{server} does not answer, though it was asked for {seconds} s: {cause}"))
        }
        (Error::NotFound { .. }, _) => (ErrorKind::NotFound, "there is no such bucket".to_owned() + &answer(&text)),
        (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _) => {
            let check = format!("check {credentials} and what they permit");
            (ErrorKind::PermissionDenied, format!("access is refused{}; {check}", answer(&text)))
        }
        _ if text.contains("redirect without LOCATION") => {
            (ErrorKind::Other, "the bucket is in another region: set AWS_REGION to its region".into())
        }
        _ if status(&text).is_some() => {
            (ErrorKind::Other, format!("the server refuses what it was asked for{}", answer(&text)))
        }
        _ => (ErrorKind::Other, root(error).to_string()),
    };
    io::Error::new(kind, words)
}

/// What is wrong with the settings of a store, in words.
pub(super) fn setting(error: &Error) -> String {
    let cause = root(error).to_string();
    match cause.as_str() {
        "Missing AccessKeyId" => "AWS_ACCESS_KEY_ID is missing".into(),
        "Missing SecretAccessKey" => "AWS_SECRET_ACCESS_KEY is missing".into(),
        "Account must be specified" => "AZURE_STORAGE_ACCOUNT_NAME is missing".into(),
        _ => cause,
    }
}

/// The first cause of an error, whose message repeats no others.
pub(super) fn root(error: &Error) -> &dyn std::error::Error {
    causes(error).last().unwrap_or(error)
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    successors(error.source(), |cause| (*cause).source())
}

/// Why a request had no answer; `None` if it had one.
fn cut_short(error: &Error) -> Option<String> {
    causes(error).any(|cause| cause.is::<HttpError>()).then(|| root(error).to_string())
}

/// What was asked for.
fn asked(text: &str) -> Option<Url> {
    text.split(' ').find_map(|word| Url::parse(word).ok().filter(Url::has_host))
}

/// Status of the answer, such as `403 Forbidden`.
fn status(text: &str) -> Option<&str> {
    text.split_once("status code: ")?.1.split(':').next()
}

/// What the server says, in brackets: its code and message, or only the status if it gives none.
fn answer(text: &str) -> String {
    let part = |name: &str| {
        let begun = text.split_once(&format!("<{name}>"))?.1;
        begun.split_once(&format!("</{name}>"))?.0.lines().next()
    };
    let answer = match (part("Code"), part("Message")) {
        (Some(code), Some(message)) => Some(format!("{code}: {}", message.trim_end_matches('.'))),
        (Some(code), None) => Some(code.to_owned()),
        _ => status(text).map(str::to_owned),
    };
    answer.map_or_else(String::new, |answer| format!(" ({answer})"))
}
