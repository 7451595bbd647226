//! What users and guilds paid for.
//!
//! Source: Discord documentation, *Entitlement Resource* and *Subscription Resource*.

use crate::decode::macros::{numbers, object};
use crate::decode::{Field, Seq, Text, Timestamp};
use crate::{ApplicationId, EntitlementId, GuildId, SkuId, SubscriptionId, UserId};

object! {
    /// What a user or guild may use.
    pub struct Entitlement<'e> {
        /// The id.
        id: EntitlementId,
        /// What was sold.
        sku_id: Option<SkuId>,
        /// The application.
        application_id: Option<ApplicationId>,
        /// The user.
        user_id: Option<UserId>,
        /// The guild.
        guild_id: Option<GuildId>,
        /// How it came about.
        kind: Option<EntitlementType> = "type",
        /// Whether it was deleted.
        deleted: Option<bool>,
        /// From when it holds.
        starts_at: Option<Timestamp<'e>>,
        /// Until when it holds.
        ends_at: Option<Timestamp<'e>>,
        /// Whether it was used up.
        consumed: Option<bool>,
        /// The promotion.
        promotion_id: Field<u64>,
        /// Flags of the gift.
        gift_code_flags: Option<u64>,
        /// The subscription.
        subscription_id: Option<SubscriptionId>,
    }
}

object! {
    /// A subscription of a user.
    pub struct Subscription<'e> {
        /// The id.
        id: SubscriptionId,
        /// The user.
        user_id: Option<UserId>,
        /// What is paid for.
        sku_ids: Seq<'e, SkuId>,
        /// What it gives.
        entitlement_ids: Seq<'e, EntitlementId>,
        /// What will be paid for next.
        renewal_sku_ids: Seq<'e, SkuId>,
        /// When the current period began.
        current_period_start: Option<Timestamp<'e>>,
        /// When the current period ends.
        current_period_end: Option<Timestamp<'e>>,
        /// How it stands.
        status: Option<SubscriptionStatus>,
        /// When it was canceled.
        canceled_at: Option<Timestamp<'e>>,
        /// The country that pays, in two letters.
        country: Option<Text<'e>>,
    }
}

numbers! {
    /// How an entitlement came about.
    pub enum EntitlementType {
        /// It was bought.
        Purchase = 1,
        /// It came with Nitro.
        PremiumSubscription = 2,
        /// The developer gave it.
        DeveloperGift = 3,
        /// It was bought in a test.
        TestModePurchase = 4,
        /// It cost nothing.
        FreePurchase = 5,
        /// Another user gave it.
        UserGift = 6,
        /// It was chosen with Nitro.
        PremiumPurchase = 7,
        /// It came with a subscription to the application.
        ApplicationSubscription = 8,
    }

    /// How a subscription stands.
    pub enum SubscriptionStatus {
        /// It will go on.
        Active = 0,
        /// It is not paid for.
        Inactive = 1,
        /// It will end.
        Ending = 2,
    }
}
