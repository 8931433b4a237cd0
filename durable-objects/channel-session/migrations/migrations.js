import journal from './meta/_journal.json';
import m0000 from './0000_session.sql';
import m0001 from './0001_summaries.sql';
import m0002 from './0002_reports.sql';
import m0003 from './0003_posts.sql';
import m0004 from './0004_call_errors.sql';
import m0005 from './0005_controls.sql';
import m0006 from './0006_places.sql';
import m0007 from './0007_threads.sql';

  export default {
    journal,
    migrations: {
      m0000,
m0001,
m0002,
m0003,
m0004,
m0005,
m0006,
m0007
    }
  }
  