#include "route/route.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

template <typename List, typename Item>
static bool lists(const List& list, const Item& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

Route::Route(RouteOptions options)
    : options_(std::move(options)), wants_other_(lists(options_.kinds, "other")) {}

bool Route::wants(const AuditRecord& record, const EventClass& event_class) const {
    std::string_view kind = record.text(Field::kEventKind);
    if (kind == "other" && !wants_other_) {
        return false;
    }
    return (options_.kinds.empty() || lists(options_.kinds, kind)) &&
           (options_.classes.empty() || lists(options_.classes, event_class.id)) &&
           event_class.severity >= options_.min_severity;
}

}  // namespace llmtrail
