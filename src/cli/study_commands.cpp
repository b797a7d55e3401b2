#include <string>

#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "experiment/validate.hpp"
#include "report/validation.hpp"

namespace lbsim {

Status validate(const Options& options, const lb::Policies& policies) {
    const ValidateOptions asked{.full = options.full, .seed = options.load.seed.value_or(1)};
    const StopSignals signals;
    Control control;
    Validation validation;
    {
        const Progress progress{control, validation_requests(asked), !options.quiet};
        validation =
            validate(policies, asked, for_each_of(options), watched(control), LBSIM_VERSION);
    }
    switch (options.format) {
        case Format::Json: write(validation_json(validation), options); break;
        case Format::Csv: write(validation_csv(validation), options); break;
        case Format::Markdown: write(validation_markdown(validation), options); break;
        case Format::Svg:
        case Format::Table: write(validation_table(validation, table_options(options)), options);
    }
    return validation.holds() ? Status::Done : Status::NotHeld;
}

}  // namespace lbsim
