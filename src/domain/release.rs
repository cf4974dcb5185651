//! Versions of RustOps: which of two is newer.
//!
//! Only what <https://semver.org> says of releases; pre-releases are never told of, and so are no versions here.

use std::{fmt, str::FromStr};

/// Where this build comes from, such as `https://github.com/OWNER/rustops`; empty when nobody said. What a release is built
/// with says so by `RUSTOPS_REPOSITORY`, so that a fork's tells of the fork.
pub const HOME: &str = match option_env!("RUSTOPS_REPOSITORY") {
    Some(home) => home,
    None => env!("CARGO_PKG_REPOSITORY"),
};

/// Where the latest release of the repository at `home` is told of; none where that is not known.
pub fn told_at(home: &str) -> Option<String> {
    let repository = home.strip_prefix("https://github.com/").filter(|repository| !repository.is_empty())?;
    Some(format!("https://api.github.com/repos/{}/releases/latest", repository.trim_end_matches('/')))
}

/// A released version; a later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

impl FromStr for Version {
    type Err = NotAVersion;

    /// `1.2.3`, with or without `v` in front.
    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let mut numbers = text.strip_prefix('v').unwrap_or(text).split('.').map(|number| {
            let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse().ok().filter(|_| plain)
        });
        let mut next = || numbers.next().flatten().ok_or(NotAVersion);
        let version = Self([next()?, next()?, next()?]);
        if numbers.next().is_some() { Err(NotAVersion) } else { Ok(version) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// Text that is no released version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version")]
pub struct NotAVersion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_repository_at_github_tells_of_releases() {
        let latest = "https://api.github.com/repos/ann/rustops/releases/latest";
        assert_eq!(told_at("https://github.com/ann/rustops").as_deref(), Some(latest));
        assert_eq!(told_at("https://github.com/ann/rustops/").as_deref(), Some(latest));
        for other in ["", "https://github.com/", "https://codeberg.org/ann/rustops"] {
            assert_eq!(told_at(other), None, "{other}");
        }
    }

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_count_not_letters() {
        assert!(version("0.10.0") > version("v0.9.9") && version("1.0.0") > version("0.99.0"));
        assert_eq!(version("v1.2.3").to_string(), "1.2.3");
    }

    #[test]
    fn what_is_no_release_is_no_version() {
        for wrong in ["", "v", "1.2", "1.2.3.4", "1.2.3-rc.1", "1.+2.3", "1..3", "latest", "99999999999.0.0"] {
            assert_eq!(wrong.parse::<Version>(), Err(NotAVersion), "{wrong}");
        }
    }
}
