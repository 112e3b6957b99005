//! Values that are not of the type that the schemas say. Such a value is read if it can mean one thing
//! only, and else counts as absent: no field costs an event that can do without it. The list, field
//! by field, is in `docs/contracts/events.md`; the connector has the same rules in Java, and
//! `testdata/vectors/odd_event.json` tests both.

use crate::text::Text;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A field of an event: its value, if it has one that can be read.
pub(super) struct Loose<T>(pub Option<T>);

impl<T> Default for Loose<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Deref for Loose<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

/// What can be read from the values of JSON. None of them is an error.
pub(super) trait Form<'de>: Sized {
    /// What any other value but null stands for.
    fn of_other() -> Option<Self> {
        None
    }

    fn of_text(_: Text<'de>) -> Option<Self> {
        Self::of_other()
    }

    fn of_flag(_: bool) -> Option<Self> {
        Self::of_other()
    }

    fn of_integer(_: i64) -> Option<Self> {
        Self::of_other()
    }

    /// Of a number with a fraction or an exponent, or one beyond 64 bits.
    fn of_float(_: f64) -> Option<Self> {
        Self::of_other()
    }

    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::of_other())
    }

    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::of_other())
    }
}

impl<'de: 'a, 'a> Form<'de> for Text<'a> {
    fn of_text(text: Text<'de>) -> Option<Self> {
        Some(text)
    }
}

impl Form<'_> for bool {
    fn of_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl<'de> Form<'de> for i64 {
    /// Digits only, perhaps after a minus.
    fn of_text(text: Text<'de>) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse().ok()).flatten()
    }

    fn of_integer(number: i64) -> Option<Self> {
        Some(number)
    }

    /// A whole number that a float holds exactly.
    fn of_float(number: f64) -> Option<Self> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let is_exact = number.trunc() == number && number.abs() <= EXACT;
        is_exact.then_some(number as i64)
    }
}

impl Form<'_> for f64 {
    fn of_integer(number: i64) -> Option<Self> {
        Some(number as f64)
    }

    fn of_float(number: f64) -> Option<Self> {
        Some(number)
    }
}

/// The number of a partition: one that cannot be read is not that of the first.
#[derive(Clone, Copy)]
pub(super) struct Partition(i64);

impl Partition {
    /// `None` for what is no partition's.
    pub fn number(self) -> Option<i32> {
        i32::try_from(self.0).ok().filter(|number| *number >= 0)
    }
}

impl<'de> Form<'de> for Partition {
    fn of_other() -> Option<Self> {
        Some(Self(-1))
    }

    fn of_text(text: Text<'de>) -> Option<Self> {
        i64::of_text(text).map_or_else(Self::of_other, |number| Some(Self(number)))
    }

    fn of_integer(number: i64) -> Option<Self> {
        Some(Self(number))
    }

    fn of_float(number: f64) -> Option<Self> {
        i64::of_float(number).map_or_else(Self::of_other, |number| Some(Self(number)))
    }
}

impl<'de: 'a, 'a> Form<'de> for Vec<Text<'a>> {
    /// Elements that are no texts are left out.
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut texts = Vec::new();
        while let Some(Loose(element)) = list.next_element()? {
            texts.extend::<Option<Text<'a>>>(element);
        }
        Ok(Some(texts))
    }

    /// PHP writes a list with holes as an object, its places as names.
    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut texts = Vec::new();
        while let Some((IgnoredAny, Loose(element))) = object.next_entry()? {
            texts.extend::<Option<Text<'a>>>(element);
        }
        Ok(Some(texts))
    }
}

/// Says that these records are read from objects only. Derived serde code also reads an array as a
/// record, in the order of the fields.
macro_rules! read_from_objects {
    ($($record:ident $(<$life:lifetime>)?),+) => {$(
        impl<'de $(: $life, $life)?> $crate::event::lenient::Form<'de> for $record $(<$life>)? {
            fn of_object<A: serde::de::MapAccess<'de>>(
                object: A,
            ) -> Result<Option<Self>, A::Error> {
                $crate::event::lenient::record(object).map(Some)
            }
        }
    )+};
}
pub(super) use read_from_objects;

/// The record that an object holds.
pub(super) fn record<'de, A, T>(object: A) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(MapAccessDeserializer::new(object))
}

impl<'de, T: Form<'de>> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(AnyValue(PhantomData))
            .map(Self)
    }
}

struct AnyValue<T>(PhantomData<T>);

impl<'de, T: Form<'de>> Visitor<'de> for AnyValue<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Option<T>, E> {
        Ok(T::of_flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
        Ok(T::of_integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
        Ok(match i64::try_from(number) {
            Ok(number) => T::of_integer(number),
            Err(_) => T::of_float(number as f64),
        })
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
        Ok(T::of_float(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Option<T>, E> {
        Ok(T::of_text(Text::from(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok(T::of_text(Text::from(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<T>, A::Error> {
        T::of_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Option<T>, A::Error> {
        T::of_object(object)
    }
}
