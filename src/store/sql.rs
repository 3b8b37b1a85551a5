//! The few macros by which one SQL text runs on either engine, and a builder for statements made at run time.

/// Runs `$body` with `$c` bound to the bare connection of the engine at hand.
macro_rules! on {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn.bare() {
            $crate::store::db::Bare::Sqlite($c) => $body,
            $crate::store::db::Bare::Postgres($c) => $body,
        }
        .map_err($crate::store::Error::from)
    };
}

/// Runs a statement; gives the number of rows it touched.
macro_rules! execute {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::sql::on!($conn, c => sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected()))
    };
}

/// The first row as `$row`, if there is one.
macro_rules! optional {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::sql::on!($conn, c => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(c).await)
    };
}

/// All rows as `$row`.
macro_rules! all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::sql::on!($conn, c => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(c).await)
    };
}

/// The one column of the one row.
macro_rules! scalar {
    ($conn:expr, $value:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::sql::on!($conn, c => sqlx::query_scalar::<_, $value>($sql)$(.bind($bind))*.fetch_one(c).await)
    };
}

/// The one column of the first row, if there is one.
macro_rules! optional_scalar {
    ($conn:expr, $value:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::sql::on!($conn, c => sqlx::query_scalar::<_, $value>($sql)$(.bind($bind))*.fetch_optional(c).await)
    };
}

/// The one column of all rows.
macro_rules! scalars {
    ($conn:expr, $value:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::sql::on!($conn, c => sqlx::query_scalar::<_, $value>($sql)$(.bind($bind))*.fetch_all(c).await)
    };
}

pub(in crate::store) use {all, execute, on, optional, optional_scalar, scalar, scalars};

/// Most arguments of a statement made at run time that is kept prepared: one person, one member and one page have fewer.
const MOST_KEPT: usize = 16;

/// A value bound to a statement made at run time.
#[derive(Clone, Debug)]
pub(in crate::store) enum Arg {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

/// A statement made at run time: text from this crate alone, every value bound.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Statement {
    text: String,
    args: Vec<Arg>,
}

impl Statement {
    pub(in crate::store) fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), args: Vec::new() }
    }

    /// Appends SQL text.
    pub(in crate::store) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a placeholder for `value`.
    pub(in crate::store) fn bind(&mut self, value: Arg) -> &mut Self {
        self.args.push(value);
        self.text.push('$');
        self.text.push_str(&self.args.len().to_string());
        self
    }

    /// Appends a placeholder for `value`, or NULL.
    pub(in crate::store) fn bind_optional(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(text) => self.bind(Arg::Text(text.to_owned())),
            None => self.push("NULL"),
        }
    }

    /// Appends a comparison that holds for what contains `text`.
    pub(in crate::store) fn containing(&mut self, text: &str) -> &mut Self {
        let pattern = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        self.push(" LIKE ").bind(Arg::Text(format!("%{pattern}%"))).push(" ESCAPE '\\'")
    }

    /// Appends `($1, $2, …)`.
    pub(in crate::store) fn bind_list<T: AsRef<str>>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.push("(");
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bind(Arg::Text(value.as_ref().to_owned()));
        }
        self.push(")")
    }

    /// Text and arguments, and whether connections keep the statement prepared. Each length of a list makes another
    /// statement, and a long one takes a megabyte: kept, they would drive out those that every request uses.
    pub(in crate::store) fn into_parts(self) -> (String, Vec<Arg>, bool) {
        let is_kept = self.args.len() <= MOST_KEPT;
        (self.text, self.args, is_kept)
    }
}

/// Binds the arguments of a [`Statement`] to a query of either engine.
macro_rules! bind_args {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                $crate::store::sql::Arg::Text(text) => query.bind(text),
                $crate::store::sql::Arg::Integer(number) => query.bind(number),
                $crate::store::sql::Arg::Boolean(truth) => query.bind(truth),
            };
        }
        query
    }};
}

/// All rows of a [`Statement`] as `$row`.
macro_rules! all_of {
    ($conn:expr, $row:ty, $statement:expr) => {{
        let (text, args, is_kept) = $statement.into_parts();
        let text = sqlx::AssertSqlSafe(text);
        $crate::store::sql::on!($conn, c => $crate::store::sql::bind_args!(sqlx::query_as::<_, $row>(text).persistent(is_kept), args).fetch_all(c).await)
    }};
}

/// The one column of the one row of a [`Statement`].
macro_rules! scalar_of {
    ($conn:expr, $value:ty, $statement:expr) => {{
        let (text, args, is_kept) = $statement.into_parts();
        let text = sqlx::AssertSqlSafe(text);
        $crate::store::sql::on!($conn, c => $crate::store::sql::bind_args!(sqlx::query_scalar::<_, $value>(text).persistent(is_kept), args).fetch_one(c).await)
    }};
}

/// Runs a [`Statement`]; gives the number of rows it touched.
macro_rules! execute_of {
    ($conn:expr, $statement:expr) => {{
        let (text, args, is_kept) = $statement.into_parts();
        let text = sqlx::AssertSqlSafe(text);
        $crate::store::sql::on!($conn, c => $crate::store::sql::bind_args!(sqlx::query(text).persistent(is_kept), args).execute(c).await.map(|done| done.rows_affected()))
    }};
}

pub(in crate::store) use {all_of, bind_args, execute_of, scalar_of};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_with_a_long_list_is_not_kept() {
        let is_kept = |length: usize| {
            let mut statement = Statement::new("SELECT id FROM accounts WHERE id IN ");
            statement.bind_list(vec!["x"; length]);
            statement.into_parts().2
        };
        assert!(is_kept(1) && is_kept(MOST_KEPT));
        assert!(!is_kept(MOST_KEPT + 1) && !is_kept(4000));
    }
}
