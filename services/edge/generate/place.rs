//! Organizations: the city, its districts and counties, their departments, and who heads them.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::random::Random;
use super::{Call, Plan, RECORDER};

/// The city.
const CITY: (&str, &str) = ("450200", "柳州市人民政府");
/// Its districts and counties.
const COUNTIES: [(&str, &str); MOST_COUNTIES as usize] = [
    ("450202", "城中区人民政府"),
    ("450203", "鱼峰区人民政府"),
    ("450204", "柳南区人民政府"),
    ("450205", "柳北区人民政府"),
    ("450206", "柳江区人民政府"),
    ("450222", "柳城县人民政府"),
    ("450223", "鹿寨县人民政府"),
    ("450224", "融安县人民政府"),
    ("450225", "融水苗族自治县人民政府"),
    ("450226", "三江侗族自治县人民政府"),
];
/// What departments are: sector, name, class, whether they enforce.
const KINDS: [(&str, &str, &str, bool); 12] = [
    ("science_technology_bureau", "科学技术局", "GOVERNMENT_ORGAN", true),
    ("justice_bureau", "司法局", "GOVERNMENT_ORGAN", true),
    ("market_regulation_bureau", "市场监督管理局", "GOVERNMENT_ORGAN", true),
    ("education_bureau", "教育局", "GOVERNMENT_ORGAN", true),
    ("finance_bureau", "财政局", "GOVERNMENT_ORGAN", true),
    ("health_commission", "卫生健康委员会", "GOVERNMENT_ORGAN", true),
    ("ecology_bureau", "生态环境局", "GOVERNMENT_ORGAN", true),
    ("housing_bureau", "住房和城乡建设局", "GOVERNMENT_ORGAN", true),
    ("publicity_department", "宣传部", "PARTY_ORGAN", false),
    ("organization_department", "组织部", "PARTY_ORGAN", false),
    ("archives", "档案馆", "CIVIL_SERVICE_MANAGED", false),
    ("meteorology_centre", "应急指挥中心", "PUBLIC_INSTITUTION", false),
];
/// What the codes of those who issue documents are made of.
const ISSUER_CHARS: [char; 20] = [
    '政', '科', '司', '市', '教', '财', '卫', '环', '住', '宣', '组', '档', '应', '农', '水', '林',
    '文', '体', '商', '交',
];
/// So many counties at most.
pub(super) const MOST_COUNTIES: u32 = 10;
/// One county for so many organizations.
const PER_COUNTY: u32 = 12;
/// Share of leaders that change in a year, in per cent.
const CHANGES: u32 = 15;

/// How many of what there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    counties: u32,
}

/// One organization.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) number: u32,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sector: &'static str,
    parent: Option<String>,
    level: &'static str,
    class: &'static str,
    division: &'static str,
    enforces: bool,
    /// Whether one person holds both posts.
    one_head: bool,
    /// First days in office of those who head it, in order.
    pub(super) changes: Vec<Date>,
}

impl Place {
    /// The posts of its main leaders.
    pub(super) fn posts(&self) -> [String; 2] {
        [format!("{}.party-head", self.id), format!("{}.government-head", self.id)]
    }

    /// The code of its documents (机关代字), its own.
    pub(super) fn issuer(&self) -> String {
        let mut code = String::from("柳");
        let mut rest = usize::try_from(self.number).unwrap_or(0);
        loop {
            code.push(ISSUER_CHARS[rest % ISSUER_CHARS.len()]);
            rest /= ISSUER_CHARS.len();
            if rest == 0 {
                code.push('发');
                return code;
            }
        }
    }

    /// Whether one act serves both posts.
    pub(super) const fn has_one_head(&self) -> bool {
        self.one_head
    }
}

impl Tree {
    /// The tree of a plan.
    #[must_use]
    pub(super) fn of(plan: &Plan) -> Self {
        Self { counties: (plan.organizations / PER_COUNTY).min(MOST_COUNTIES) }
    }

    /// The organization of a number: 0 the city, then counties, then departments in turn of the
    /// city and of each county.
    pub(super) fn place(self, plan: &Plan, number: u32) -> Place {
        let mut random = Random::of(plan.seed, &[1, u64::from(number)]);
        let place = Place {
            number,
            id: String::new(),
            name: String::new(),
            sector: "government",
            parent: None,
            level: "CITY",
            class: "GOVERNMENT_ORGAN",
            division: CITY.0,
            enforces: false,
            one_head: random.percent(60),
            changes: changes(plan, &mut random),
        };
        if number == 0 {
            return Place { id: CITY.0.to_owned(), name: CITY.1.to_owned(), ..place };
        }
        let county = |index: u32| COUNTIES[usize::try_from(index).unwrap_or(0) % COUNTIES.len()];
        if number <= self.counties {
            let (id, name) = county(number - 1);
            return Place {
                id: id.to_owned(),
                name: name.to_owned(),
                parent: Some(CITY.0.to_owned()),
                level: "COUNTY",
                division: id,
                ..place
            };
        }
        let rank = number - self.counties - 1;
        let (above, turn) = (rank % (self.counties + 1), rank / (self.counties + 1));
        let (division, of) = if above == 0 { CITY } else { county(above - 1) };
        let kinds = u32::try_from(KINDS.len()).unwrap_or(1);
        let kind = KINDS[usize::try_from(turn % kinds).unwrap_or(0)];
        let (sector, name, class, enforces) = kind;
        let of = of.trim_end_matches("人民政府");
        let copy = turn / kinds;
        let copy = if copy == 0 { String::new() } else { format!("第{}分局", copy + 1) };
        Place {
            id: format!("{division}-{turn:05}"),
            name: format!("{of}{name}{copy}"),
            sector,
            parent: Some(division.to_owned()),
            level: "DEPARTMENT",
            class,
            division,
            enforces,
            ..place
        }
    }

    /// What registers the organization of a number, its posts, its leaders and their tenures.
    pub(super) fn registrations(self, plan: &Plan, number: u32) -> Vec<Call> {
        let place = self.place(plan, number);
        let id = &place.id;
        let mut calls = vec![register(
            plan,
            "RegisterOrganization",
            "organization",
            id,
            &json!({
                "organization_id": id,
                "parent_organization_id": place.parent.clone().unwrap_or_default(),
                "name_zh": place.name,
                "level": format!("ORGANIZATION_LEVEL_{}", place.level),
                "class": format!("ORGANIZATION_CLASS_{}", place.class),
                "division_code": place.division,
                "sector": place.sector,
                "has_enforcement_power": place.enforces,
            }),
        )];
        let posts = place.posts();
        let kinds = [("PARTY_HEAD", "党组书记"), ("GOVERNMENT_HEAD", "主要负责人")];
        for (post, (kind, title)) in posts.iter().zip(kinds) {
            let kind = format!("POST_KIND_{kind}");
            let post =
                json!({ "post_id": post, "organization_id": id, "kind": kind, "title_zh": title });
            let name = post["post_id"].as_str().unwrap_or_default().to_owned();
            calls.push(register(plan, "RegisterPost", "post", &name, &post));
        }
        for (index, from) in place.changes.iter().enumerate() {
            let to = place.changes.get(index + 1).and_then(|next| next.yesterday().ok());
            for (which, post) in posts.iter().enumerate() {
                let person = if place.one_head {
                    format!("p-{id}-{index}")
                } else {
                    format!("p-{id}-{index}-{which}")
                };
                if which == 0 || !place.one_head {
                    let message = json!({ "person_id": person });
                    calls.push(register(plan, "RegisterPerson", "person", &person, &message));
                }
                let tenure = format!("t-{id}-{index}-{which}");
                let message = json!({
                    "tenure_id": tenure,
                    "person_id": person,
                    "post_id": post,
                    "start_date": from.to_string(),
                    "end_date": to.map(|day| day.to_string()).unwrap_or_default(),
                });
                calls.push(register(plan, "RegisterTenure", "tenure", &tenure, &message));
            }
        }
        calls
    }
}

/// A registration of something by its own name.
fn register(plan: &Plan, name: &'static str, field: &str, id: &str, message: &Value) -> Call {
    let event_id = plan.id(&format!("{field}/{id}"));
    let request = json!({ "recorder": RECORDER, "event_id": event_id, field: message });
    Call { name, request }
}

/// When leaders took office: long before, and in the middle of some years.
fn changes(plan: &Plan, random: &mut Random) -> Vec<Date> {
    let mut changes = vec![Date::new(plan.first_year - 1, 3, 1).unwrap_or(Date::MIN)];
    for year in plan.first_year..=plan.last_year {
        let months = (Date::new(year, 2, 1), Date::new(year, 11, 15));
        if let (Ok(first), Ok(last)) = months
            && random.percent(CHANGES)
        {
            let day = random.day(first, last);
            if day <= plan.until {
                changes.push(day);
            }
        }
    }
    changes
}
