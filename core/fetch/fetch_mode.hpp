#pragma once

namespace elit {

enum class FetchMode {
  forever,   // the daemon: users are listed and read again and again
  one_pass,  // `sync`: the lists once, every user up to the present, then all is done
};

}  // namespace elit
