//! Sorting by an order that may be none: what a class says, or values of several types.
//!
//! Owns a sort that is stable, ends whatever the order says, and stops at its first error.

/// The values in order; those that are alike stay as they stand.
///
/// # Errors
/// The first of the order.
pub(super) fn sorted<T: Copy>(
    items: Vec<T>,
    mut less: impl FnMut(T, T) -> starlark::Result<bool>,
) -> starlark::Result<Vec<T>> {
    let count = items.len();
    let mut from = items;
    let mut width = 1;
    while width < count {
        let mut into = Vec::with_capacity(count);
        for low in (0..count).step_by(2 * width) {
            let middle = (low + width).min(count);
            let high = (middle + width).min(count);
            merge(&from[low..middle], &from[middle..high], &mut into, &mut less)?;
        }
        (from, width) = (into, width * 2);
    }
    Ok(from)
}

fn merge<T: Copy>(
    mut left: &[T],
    mut right: &[T],
    into: &mut Vec<T>,
    less: &mut impl FnMut(T, T) -> starlark::Result<bool>,
) -> starlark::Result<()> {
    while let ([first, more @ ..], [second, others @ ..]) = (left, right) {
        if less(*second, *first)? {
            into.push(*second);
            right = others;
        } else {
            into.push(*first);
            left = more;
        }
    }
    into.extend_from_slice(left);
    into.extend_from_slice(right);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::sorted;
    use crate::eval::fault::fault;

    #[test]
    fn what_is_alike_stays_as_it_stands() {
        let items = vec![(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd'), (0, 'e')];
        let by_number = sorted(items, |a, b| Ok(a.0 < b.0)).expect("an order");
        assert_eq!(by_number, [(0, 'e'), (1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
    }

    #[test]
    fn no_order_ends_too_and_errors_end_it() {
        let items: Vec<u32> = (0..500).collect();
        for less in [|_, _| true, |a: u32, b: u32| (a * 7) % 5 < (b * 3) % 11] {
            let mut all = sorted(items.clone(), |a, b| Ok(less(a, b))).expect("an order");
            all.sort_unstable();
            assert_eq!(all, items);
        }
        let mut asked = 0;
        let failed = sorted(items, |_, _| {
            asked += 1;
            Err(fault("no order"))
        });
        assert!(failed.is_err() && asked == 1);
    }
}
