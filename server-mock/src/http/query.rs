//! `/query`

use super::form::Form;
use super::reply::{Body, error};
use crate::runtime::DataServices;
use http::{Response, StatusCode, request::Parts};
use hyper::body::Incoming;

pub(super) async fn answer(services: &DataServices, _head: &Parts, form: Form, _body: Incoming) -> Response<Body> {
    if form.get("q").is_empty() {
        return error(services.profile, StatusCode::BAD_REQUEST, "missing required parameter \"q\"");
    }
    error(services.profile, StatusCode::BAD_REQUEST, "later")
}
