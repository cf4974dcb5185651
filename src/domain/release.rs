//! Versions of RustOps: which of two is newer.
//!
//! Only what <https://semver.org> says of releases; pre-releases are never told of, and so are no versions here.

use std::{fmt, str::FromStr};

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
