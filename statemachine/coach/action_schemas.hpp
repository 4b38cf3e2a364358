#pragma once

#include "persistence/json.hpp"

/// The JSON Schemas of actions' parameters, by what they take; each is made anew, and kept by the table.
namespace rejoinder::statemachine::coach::schemas {

json nothing();
json one_identity();
json one_category();
json new_identity();
json new_identities();
json changed_identity();
json renamed_identity();
json refined_identity();
json stated_identity();
json seen_identity();
json noted_identity();
json nested_identity();
json combined_identities();
json list();
json statement();
json question();
json move();
json fact();
json new_note();
json changed_note();
json one_note();
json new_item();
json changed_item();
json ended_item();

} // namespace rejoinder::statemachine::coach::schemas
