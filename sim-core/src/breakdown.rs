//! Breakdowns: a quantity by the parts that make it up.

/// Declares the parts of a quantity once: an enum that names them and a [`record!`](crate::record!) with the amount of
/// each, which the enum indexes. A part is `Variant => field, label;` below its documentation.
macro_rules! breakdown {
    (
        $(#[$part_attribute:meta])*
        pub enum $part:ident;
        $(#[$record_attribute:meta])*
        pub struct $record:ident in $unit:literal {
            $($(#[doc = $about:literal])+ $variant:ident => $field:ident, $label:literal;)+
        }
    ) => {
        $(#[$part_attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $part {
            $($(#[doc = $about])+ $variant,)+
        }

        impl $part {
            /// Number of parts.
            pub const COUNT: usize = Self::ALL.len();

            /// All parts, in order.
            pub const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];

            /// Name in result tables, which is that of the field.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($field),)+
                }
            }

            /// Short name for people.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        $crate::record! {
            $(#[$record_attribute])*
            #[derive(Clone, Copy, Debug, Default, PartialEq)]
            pub struct $record {
                $($(#[doc = $about])+ pub $field: f64 => ($unit, $label),)+
            }
        }

        impl $record {
            /// The breakdown whose parts `amount` gives.
            pub fn from_fn(mut amount: impl FnMut($part) -> f64) -> Self {
                Self { $($field: amount($part::$variant),)+ }
            }

            /// Sum of the parts, added up in order.
            pub fn sum(&self) -> f64 {
                $part::ALL.into_iter().fold(0.0, |sum, part| sum + self[part])
            }
        }

        impl std::ops::Index<$part> for $record {
            type Output = f64;

            fn index(&self, part: $part) -> &f64 {
                match part {
                    $($part::$variant => &self.$field,)+
                }
            }
        }

        impl std::ops::IndexMut<$part> for $record {
            fn index_mut(&mut self, part: $part) -> &mut f64 {
                match part {
                    $($part::$variant => &mut self.$field,)+
                }
            }
        }

        impl std::ops::AddAssign for $record {
            fn add_assign(&mut self, more: Self) {
                $(self.$field += more.$field;)+
            }
        }
    };
}
pub(crate) use breakdown;

#[cfg(test)]
#[allow(unreachable_pub, reason = "a breakdown is public")]
mod tests {
    use crate::record::Record;

    breakdown! {
        /// Part of a meal.
        pub enum Course;
        /// Weight of the courses of a meal.
        pub struct Meal in "g" {
            /// What comes first.
            Starter => starter, "starter";
            /// What comes next.
            Main => main_course, "main course";
        }
    }

    #[test]
    fn parts_are_fields_and_columns() {
        let mut meal = Meal::from_fn(|course| if course == Course::Main { 300.0 } else { 50.0 });
        assert_eq!(meal, Meal { starter: 50.0, main_course: 300.0 });
        meal[Course::Starter] += 10.0;
        meal += meal;
        assert_eq!((meal[Course::Starter], meal.sum(), Course::COUNT), (120.0, 720.0, 2));
        let fields = Meal::fields();
        for (part, field) in Course::ALL.into_iter().zip(&fields) {
            assert!(part.name() == field.name, "{}", field.name);
            assert_eq!((part.label(), "g"), (field.label, field.unit));
        }
        assert_eq!(fields[1].meaning(), "What comes next.");
    }
}
