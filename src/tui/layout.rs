//! Where things stand on a screen of a size: what update needs to scroll, and view to draw.

/// A screen, in columns and rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// Rows of the board that are no cards: title, headings, message, keys.
const BOARD_ROWS: u16 = 4;
/// Rows of a page that are not its text: title, message, keys.
const PAGE_ROWS: u16 = 3;
/// The narrowest column of the board that is worth looking at.
const COLUMN_MIN: u16 = 26;

impl Size {
    /// How many columns of the board fit, of so many.
    #[must_use]
    pub fn columns(self, there: usize) -> usize {
        usize::from(self.width / COLUMN_MIN).clamp(1, there.max(1))
    }

    /// The rows of a card. Where there is room, one of them is empty.
    #[must_use]
    pub fn card_rows(self) -> u16 {
        if self.height >= 30 { 4 } else { 3 }
    }

    /// How many cards fit below each other; one at least.
    #[must_use]
    pub fn cards(self) -> usize {
        usize::from((self.height.saturating_sub(BOARD_ROWS) / self.card_rows()).max(1))
    }

    /// The rows of a page's text.
    #[must_use]
    pub fn page_rows(self) -> usize {
        usize::from(self.height.saturating_sub(PAGE_ROWS))
    }

    /// The columns of a page's text.
    #[must_use]
    pub fn page_columns(self) -> usize {
        usize::from(self.width.saturating_sub(2))
    }

    /// The columns and rows of what a box over the page can hold.
    #[must_use]
    pub fn inside_box(self) -> Self {
        Self { width: self.width.saturating_sub(8).min(96), height: self.height.saturating_sub(6) }
    }
}

/// The first of `there` things that is shown where `room` of them fit, if `at` has to be among them: as little as can be
/// is moved from where `first` was.
#[must_use]
pub fn first_shown(first: usize, at: usize, room: usize, there: usize) -> usize {
    let room = room.max(1);
    let least = (at + 1).saturating_sub(room);
    first.clamp(least, at.max(least)).min(there.saturating_sub(room))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_chosen_is_shown(first in 0_usize..50, there in 1_usize..50, at in 0_usize..50, room in 0_usize..60) {
            let at = at.min(there - 1);
            let shown = first_shown(first, at, room, there);
            prop_assert!(shown <= at && at < shown + room.max(1) && shown < there);
        }
    }
}
