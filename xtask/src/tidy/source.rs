//! Which parts of a parsed file are tests.

use syn::{Attribute, ImplItem, Item, Meta};

/// Says whether an item is only there for tests.
pub(crate) fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(is_for_tests)
}

/// Says whether a part of an `impl` block is only there for tests.
pub(crate) fn is_test_member(item: &ImplItem) -> bool {
    let attributes = match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(is_for_tests)
}

/// `#[test]`, `#[cfg(test)]` and `#[cfg(all(test, ...))]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return attribute.path().is_ident("test") };
    let condition: String = list.tokens.to_string().split_whitespace().collect();
    attribute.path().is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attribute: &str, expected: bool) {
        let item: Item = syn::parse_str(&format!("{attribute} fn f() {{}}")).unwrap();
        assert_eq!(is_test(&item), expected, "{attribute}");
        let block: syn::ItemImpl = syn::parse_str(&format!("impl A {{ {attribute} fn f() {{}} }}")).unwrap();
        assert_eq!(is_test_member(&block.items[0]), expected, "{attribute}");
    }

    #[test]
    fn tests_are_known_by_their_attributes() {
        check("", false);
        check("#[test]", true);
        check("#[cfg(test)]", true);
        check("#[cfg(all(test, unix))]", true);
        check("#[cfg(not(test))]", false);
        check("#[cfg(any(test, feature = \"testing\"))]", false);
        check("#[cfg(feature = \"testing\")]", false);
        check("#[must_use]", false);
    }
}
