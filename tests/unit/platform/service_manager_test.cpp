#include "platform/service_manager.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "manager_socket.h"

using namespace llmtrail;

TEST_CASE("The service manager hears the state, by path and by abstract name") {
    Manager by_path;
    std::string path = own_name("/tmp/");
    ::unlink(path.c_str());
    by_path.listen(path);
    CHECK(notify_service_manager(path, "READY=1"));
    CHECK(by_path.heard() == "READY=1");
    CHECK(by_path.heard() == "nothing");
    ::unlink(path.c_str());

    Manager by_name;
    by_name.listen(std::string(1, '\0') + own_name(""));
    CHECK(notify_service_manager(own_name("@"), "STOPPING=1\nSTATUS=draining"));
    CHECK(by_name.heard() == "STOPPING=1\nSTATUS=draining");
}

TEST_CASE("Without a service manager nothing is sent; a wrong address is an error and no more") {
    CHECK(notify_service_manager("", "READY=1"));
    CHECK(notify_service_manager(own_name("/tmp/nobody-"), "READY=1").error().code !=
          ErrorCode::kInvalidArgument);
    CHECK(notify_service_manager("relative", "READY=1").error().code ==
          ErrorCode::kInvalidArgument);
    CHECK(notify_service_manager(std::string(108, '/'), "READY=1").error().code ==
          ErrorCode::kInvalidArgument);
}
