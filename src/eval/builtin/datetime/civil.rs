//! The civil calendar as Python's `datetime` reckons it: days are numbered, and the
//! first of January of the year 1 is day 1.
//!
//! Pure: it knows neither values nor clocks.

/// The last day there is: the end of the year 9999.
pub(super) const LAST_DAY: i64 = 3_652_059;

/// The days of a week, from Monday.
pub(super) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The months of a year.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Whether February has 29 days.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days of a month, which is 1 to 12.
pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number of a day.
pub(super) fn ordinal(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their odd day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + (153 * month + 2) / 5 + day - 306
}

/// Year, month and day of a day's number.
pub(super) fn civil(ordinal: i64) -> (i64, i64, i64) {
    let mut year = ordinal * 400 / 146_097 + 1;
    while self::ordinal(year, 1, 1) > ordinal {
        year -= 1;
    }
    while self::ordinal(year + 1, 1, 1) <= ordinal {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| self::ordinal(year, *month, 1) <= ordinal).unwrap_or(1);
    (year, month, ordinal - self::ordinal(year, month, 1) + 1)
}

/// The day of the week, from Monday, which is 0.
pub(super) fn weekday(ordinal: i64) -> i64 {
    (ordinal + 6).rem_euclid(7)
}

/// The first day of the first week of a year, by ISO 8601: that with its first Thursday.
pub(super) fn first_iso_day(year: i64) -> i64 {
    let fourth = ordinal(year, 1, 4);
    fourth - weekday(fourth)
}

/// Year, week and day of the week (from 1) by ISO 8601.
pub(super) fn iso(ordinal: i64) -> (i64, i64, i64) {
    let (year, _, _) = civil(ordinal);
    let years = [year + 1, year, year - 1];
    let year = years.into_iter().find(|year| first_iso_day(*year) <= ordinal).unwrap_or(year);
    let days = ordinal - first_iso_day(year);
    (year, days / 7 + 1, days % 7 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_comes_back() {
        assert_eq!((ordinal(1, 1, 1), ordinal(9999, 12, 31)), (1, LAST_DAY));
        assert_eq!((ordinal(1970, 1, 1), weekday(719_163)), (719_163, 3));
        let mut before = (0, 12, 31);
        for day in (1..150_000).chain(700_000..760_000).chain(LAST_DAY - 800..=LAST_DAY) {
            let (year, month, of_month) = civil(day);
            assert_eq!(ordinal(year, month, of_month), day);
            if day < 150_000 {
                assert!((year, month, of_month) > before && of_month <= days_in_month(year, month));
                before = (year, month, of_month);
            }
        }
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        assert_eq!(iso(ordinal(2021, 1, 3)), (2020, 53, 7));
        assert_eq!(iso(ordinal(2024, 12, 30)), (2025, 1, 1));
        assert_eq!(iso(ordinal(1, 1, 1)), (1, 1, 1));
    }
}
