//! JSON read straight into what is wanted of it, with nothing kept of the rest: what is missing, null or of another type is
//! not known, an element of a list that cannot be read is left out.
//!
//! An object that names a field twice spoils the whole document, which is unreadable then. What nobody asks for is passed over.
//! For documents with thousands of places to look at; elsewhere, what is wanted is picked from a [`serde_json::Value`] with
//! [`super::super::body`]. Knows no service's vocabulary.

use std::{fmt, marker::PhantomData};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::domain::ids::{PlayerId, ServerId};

/// What is known of a place in a document.
#[derive(Debug)]
pub(super) struct Loose<T>(pub(super) Option<T>);

impl<T> Default for Loose<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// What can be read of JSON of one type or another.
pub(super) trait Read<'de>: Sized {
    fn text(_: &str) -> Option<Self> {
        None
    }

    fn truth(_: bool) -> Option<Self> {
        None
    }

    /// A whole number from 0.
    fn count(_: u64) -> Option<Self> {
        None
    }

    /// Any other number.
    fn number() -> Option<Self> {
        None
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de, T: Read<'de>> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData)).map(Self)
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Read<'de>> Visitor<'de> for Reader<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(text))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(T::truth(truth))
    }

    fn visit_u64<E>(self, count: u64) -> Result<Self::Value, E> {
        Ok(T::count(count))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(T::number())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(T::number())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::object(object)
    }
}

/// An object, whose fields are to be loose, with a default each.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Read<'de> for Object<T> {
    fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(|read| Some(Self(read)))
    }
}

impl<'de, T: Read<'de>> Read<'de> for Vec<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut elements = Self::new();
        while let Some(Loose(element)) = list.next_element()? {
            elements.extend(element);
        }
        Ok(Some(elements))
    }
}

/// Anything but null.
#[derive(Debug)]
pub(super) struct Something;

impl<'de> Read<'de> for Something {
    fn text(_: &str) -> Option<Self> {
        Some(Self)
    }

    fn truth(_: bool) -> Option<Self> {
        Some(Self)
    }

    fn count(_: u64) -> Option<Self> {
        Some(Self)
    }

    fn number() -> Option<Self> {
        Some(Self)
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
}

impl Read<'_> for bool {
    fn truth(truth: bool) -> Option<Self> {
        Some(truth)
    }
}

impl Read<'_> for u32 {
    fn count(count: u64) -> Option<Self> {
        count.try_into().ok()
    }
}

/// ISO 8601.
impl Read<'_> for Timestamp {
    fn text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// Ids travel as decimal strings.
impl Read<'_> for PlayerId {
    fn text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Read<'_> for ServerId {
    fn text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}
