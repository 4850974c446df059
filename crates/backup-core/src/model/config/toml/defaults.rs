//! `[defaults]`: the options that every schedule has unless it says otherwise.

use toml::Spanned;
use toml::de::DeValue;

use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::settings::Config;
use crate::model::config::toml::reader::{Keys, Table};
use crate::model::config::toml::value::unknown_key;
use crate::model::schedule::{OptionShape, ScheduleOption};

pub(super) const TABLE: Table = Table {
    name: "defaults",
    head: "defaults",
    has: |key| ScheduleOption::shape(key).is_some(),
    keys: Keys::Own(set),
};

fn set(config: &mut Config, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind> {
    let shape = ScheduleOption::shape(key).ok_or_else(|| unknown_default(key))?;
    if !ScheduleOption::can_be_default(key) {
        return Err(ConfigFaultKind::NotADefault);
    }
    let values = match (value, shape.may_repeat) {
        (DeValue::Array(values), true) => values.iter().map(Spanned::get_ref).collect(),
        (value, _) => vec![value],
    };
    let fields: Result<Vec<String>, _> = values.into_iter().map(|value| field(value, &shape)).collect();
    let fields = fields?.into_iter().map(|value| format!("{key}={value}").parse());
    let options: Vec<ScheduleOption> = fields.collect::<Result<_, _>>().map_err(ConfigFaultKind::Option)?;
    config.defaults.extend(&options);
    Ok(())
}

/// Returns the value of an option as a schedule has it.
fn field(value: &DeValue<'_>, shape: &OptionShape) -> Result<String, ConfigFaultKind> {
    match value {
        DeValue::Boolean(value) if shape.is_yes_no => Ok(if *value { "yes" } else { "no" }.to_owned()),
        DeValue::String(text) if shape.is_yes_no && !matches!(&**text, "yes" | "no") => {
            Err(wrong_value(shape))
        }
        DeValue::Integer(number) if shape.is_number && number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::String(text) => Ok(text.to_string()),
        _ => Err(wrong_value(shape)),
    }
}

fn wrong_value(shape: &OptionShape) -> ConfigFaultKind {
    ConfigFaultKind::Value(match shape {
        OptionShape { is_yes_no: true, .. } => "true or false".to_owned(),
        OptionShape { may_repeat: true, allowed, .. } => {
            format!("texts in quotes, as in [\"*.tmp\", \"/cache/\"]; each is {allowed}")
        }
        OptionShape { is_number: true, allowed, .. } => (*allowed).to_owned(),
        OptionShape { allowed, .. } => format!("a text in quotes: {allowed}"),
    })
}

fn unknown_default(key: &str) -> ConfigFaultKind {
    let known: Vec<_> = ScheduleOption::default_keys().collect();
    unknown_key(key, &known)
}
