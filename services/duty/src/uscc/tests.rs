//! The vectors of DOMAIN §7.3, the order of refusals, and the strength of the check character.

use proptest::prelude::*;

use super::{ALPHABET, SocialCreditCode, UsccError};

const VALID: [&str; 6] = [
    "11620300013909010R",
    "11331002002673575G",
    "91350200MA2YJ1XR9G",
    "123502001549897397",
    "11450200000000000M",
    "11450200999000013G",
];

#[test]
fn published_and_synthetic_codes_are_read() {
    for code in VALID {
        assert_eq!(SocialCreditCode::parse(code).unwrap().as_str(), code);
    }
    let table = [
        ("11620300013909010r", VALID[0]),
        (" 11620300 01390901 0R\u{3000}", VALID[0]),
        ("９１３５０２００ｍａ２ｙｊ１ｘｒ９ｇ", VALID[2]),
    ];
    for (printed, code) in table {
        assert_eq!(SocialCreditCode::parse(printed).unwrap().to_string(), code);
    }
}

#[test]
fn a_wrong_code_is_refused_for_its_first_fault() {
    let table = [
        ("", UsccError::Length { found: 0 }),
        ("1145020000000000M", UsccError::Length { found: 17 }),
        ("1145020000000000000M", UsccError::Length { found: 20 }),
        ("1145020000000000OM", UsccError::Character { position: 17, found: 'O' }),
        ("Z1450200000000000M", UsccError::Character { position: 1, found: 'Z' }),
        ("柳1450200000000000M", UsccError::Character { position: 1, found: '柳' }),
        // White-listed as real by one public project, and wrong all the same.
        ("91350203M0001QAY9B", UsccError::CheckCharacter { expected: '9', found: 'B' }),
        ("11450200000000000N", UsccError::CheckCharacter { expected: 'M', found: 'N' }),
        ("11450200000000001P", UsccError::CheckCharacter { expected: 'Q', found: 'P' }),
    ];
    for (printed, expected) in table {
        let error = SocialCreditCode::parse(printed).unwrap_err();
        assert_eq!(error, expected, "{printed}");
        assert!(!error.zh().is_empty() && !error.to_string().is_empty());
    }
}

#[test]
fn the_organization_code_inside_has_its_own_check() {
    // Positions 9 to 17 changed, the last character made to fit: only the inner check can tell.
    let mut refused = 0;
    for digit in '1'..='9' {
        for last in ALPHABET {
            let code = format!("1145020000000000{digit}{}", char::from(*last));
            match SocialCreditCode::parse(&code) {
                Err(UsccError::OrganizationCheckCharacter { expected: '0', found }) => {
                    assert_eq!(found, digit);
                    refused += 1;
                }
                Err(UsccError::CheckCharacter { .. }) => {}
                other => panic!("{code}: {other:?}"),
            }
        }
    }
    assert_eq!(refused, 9);
}

proptest! {
    #[test]
    fn any_single_substitution_is_detected(
        which in 0..VALID.len(), position in 0usize..18, value in 0usize..31,
    ) {
        let mut code = VALID[which].as_bytes().to_vec();
        prop_assume!(code[position] != ALPHABET[value]);
        code[position] = ALPHABET[value];
        let code = String::from_utf8(code).unwrap();
        prop_assert!(SocialCreditCode::parse(&code).is_err(), "{}", code);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,24}") {
        let _ = SocialCreditCode::parse(&text);
    }
}
