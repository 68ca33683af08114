//! Answers that come in pages, asked for to their end and put together as one.
//!
//! Every page of an answer is of the same day and known position: their page token carries both. So
//! what the first page says of the whole holds for all, and the others only add rows.

use tonic::{Response, Status};

use super::client::Failure;
use crate::pb;

/// An answer that is one page of a longer one.
pub(super) trait Page {
    /// Takes out what asks for the page after it; empty on the last page.
    fn next(&mut self) -> String;
    /// Adds the rows of the page after it.
    fn extend(&mut self, page: Self);
}

/// Asks until the last page; `ask` is given the token of the page, empty for the first.
///
/// # Errors
/// Those of the call.
pub(super) async fn all<P: Page>(
    mut ask: impl AsyncFnMut(String) -> Result<Response<P>, Status>,
) -> Result<P, Failure> {
    let mut all = ask(String::new()).await?.into_inner();
    let mut token = all.next();
    while !token.is_empty() {
        let mut page = ask(token).await?.into_inner();
        token = page.next();
        all.extend(page);
    }
    Ok(all)
}

/// Answers whose rows stand in one list; beside it, what each page tells of the organizations on
/// it, which may be on the next one too.
macro_rules! pages_of {
    ($($answer:ident: $rows:ident $(, told $told:ident)?);* $(;)?) => {$(
        impl Page for pb::$answer {
            fn next(&mut self) -> String {
                std::mem::take(&mut self.next_page_token)
            }

            fn extend(&mut self, page: Self) {
                self.$rows.extend(page.$rows);
                $(
                    self.$told.extend(page.$told);
                    self.$told.dedup();
                )?
            }
        }
    )*};
}

pages_of! {
    GetDebriefCoverageResponse: rows, told sealed;
    GetOrganizationProfileResponse: points;
    ListDeadlinesResponse: deadlines;
    ListEventsResponse: entries;
    ListExceptionsResponse: exceptions;
    ListExemptionsResponse: exemptions;
    ListLeadingGroupsResponse: groups;
    ListOrganizationsResponse: organizations;
    ListRectificationsResponse: rectifications;
    ListYearsResponse: years;
    QueryComplianceResponse: cells, told sealed;
}

/// The difference a rule set would make comes in pages of organizations.
impl Page for pb::CheckRuleSetResponse {
    fn next(&mut self) -> String {
        self.trial
            .as_mut()
            .map(|trial| std::mem::take(&mut trial.next_page_token))
            .unwrap_or_default()
    }

    fn extend(&mut self, page: Self) {
        if let (Some(trial), Some(page)) = (&mut self.trial, page.trial) {
            trial.differences.extend(page.differences);
            trial.tried = trial.tried.saturating_add(page.tried);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers these pages in turn, and tells which tokens they were asked for with.
    fn asked(pages: Vec<pb::ListYearsResponse>) -> (pb::ListYearsResponse, Vec<String>) {
        let (mut pages, mut tokens) = (pages.into_iter(), Vec::new());
        let ask = async |token: String| {
            tokens.push(token);
            let page = pages.next().ok_or_else(|| Status::internal("asked past the end"))?;
            Ok(Response::new(page))
        };
        let all = crate::cli::block_on(all(ask)).flatten().expect("every page is there");
        (all, tokens)
    }

    fn page(years: &[&str], next_page_token: &str) -> pb::ListYearsResponse {
        let row = |id: &&str| pb::YearRow { organization_id: (*id).into(), ..Default::default() };
        pb::ListYearsResponse {
            years: years.iter().map(row).collect(),
            total_size: 3,
            next_page_token: next_page_token.to_owned(),
            ..Default::default()
        }
    }

    #[test]
    fn pages_are_asked_for_to_the_last_and_put_together_in_order() {
        let pages = vec![page(&["a", "b"], "1"), page(&[], "2"), page(&["c"], "")];
        let (all, tokens) = asked(pages);
        assert_eq!(tokens, ["", "1", "2"]);
        assert_eq!(all, page(&["a", "b", "c"], ""));
        let (one, tokens) = asked(vec![page(&["a"], "")]);
        assert_eq!((one, tokens), (page(&["a"], ""), vec![String::new()]));
    }

    #[test]
    fn a_call_that_fails_in_between_is_no_shorter_answer() {
        let mut pages = vec![Err(Status::aborted("gone")), Ok(page(&["a"], "1"))];
        let ask = async |_| pages.pop().expect("a page").map(Response::new);
        let failure = crate::cli::block_on(all(ask)).flatten().expect_err("it failed");
        assert!(failure.text.contains("gone"), "{}", failure.text);
    }
}
